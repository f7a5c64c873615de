"""IST0128: a DestinationRule originates TLS without verifying the server."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.destinationtls import policy, unverified
from getmesh.model.objects import as_map
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0128",
    name="destinationrule-server-unverified",
    severity=Severity.WARNING,
    title="TLS to the host is not verified",
    means="The rule originates TLS in mode SIMPLE or MUTUAL and names no certificate authority to check the server by.",
    why="Unless the mesh verifies by the system's authorities, anybody in between can pass for the host.",
    fix="Set trafficPolicy.tls.caCertificates, or credentialName together with a workloadSelector.",
    message="TLS mode {mode} for host {host!r} has no caCertificates to verify the server by",
    reads=("DestinationRule",),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0128/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each rule whose own TLS settings verify nothing; those of subsets are not looked at."""
    for rule in snapshot.each("DestinationRule"):
        tls = as_map(policy(rule).get("tls"))
        if unverified(rule, tls):
            key = "caCertificates" if "caCertificates" in tls else "mode"
            path = ("spec", "trafficPolicy", "tls", key)
            yield META.on(rule, path, mode=tls["mode"], host=rule.field("spec", "host").text)
