"""IST0129: a DestinationRule originates TLS to one port without verifying the server."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.destinationtls import policy, unverified
from getmesh.model.objects import as_list, as_map, as_quoted_number
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0129",
    name="destinationrule-port-server-unverified",
    severity=Severity.WARNING,
    title="TLS to one port of the host is not verified",
    means="The settings for this port originate TLS in mode SIMPLE or MUTUAL and name no certificate authority; "
    "nothing is inherited from the rule's own settings.",
    why="Unless the mesh verifies by the system's authorities, anybody in between can pass for the host.",
    fix="Set tls.caCertificates of the port's settings, or credentialName together with a workloadSelector.",
    message="TLS mode {mode} for port {port} of host {host!r} has no caCertificates to verify the server by",
    reads=("DestinationRule",),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0129/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each port's settings that verify nothing; an absent port reads as 0."""
    for rule in snapshot.each("DestinationRule"):
        for index, setting in enumerate(as_list(policy(rule).get("portLevelSettings"))):
            tls = as_map(as_map(setting).get("tls"))
            if unverified(rule, tls):
                port = as_quoted_number(as_map(as_map(setting).get("port")).get("number"))
                key = "caCertificates" if "caCertificates" in tls else "mode"
                path = ("spec", "trafficPolicy", "portLevelSettings", index, "tls", key)
                yield META.on(rule, path, mode=tls["mode"], port=port, host=rule.field("spec", "host").text)
