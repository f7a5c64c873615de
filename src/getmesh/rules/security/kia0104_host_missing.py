"""KIA0104: an AuthorizationPolicy is about a host that no Service, ServiceEntry or VirtualService has."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_hosts import KialiHosts
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import entries
from getmesh.model.kiali_registry import KialiRegistry
from getmesh.model.kiali_virtualhosts import KialiVirtualHosts
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0104",
    name="authorizationpolicy-host-missing",
    severity=Severity.ERROR,
    title="AuthorizationPolicy names a host that is not in the registry",
    means="The short name is no Service, ServiceEntry or VirtualService that the policy's namespace can see.",
    why="Unless requests carry exactly this host name, this part of the rule never matches.",
    fix="Correct the name, or write the host as clients send it; a port is a field of its own, not a part of the host.",
    message="host {host!r} has no entry in the registry",
    reads=("AuthorizationPolicy",),
    uses=(KialiHosts, KialiMembership, KialiRegistry, KialiVirtualHosts),
    since="0.1",
    link=(
        " https://kiali.io/docs/features/validations/#kia0104---this-host-has-no-matching-entry-in-the-service-registry"
    ),
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each short host that leads nowhere; a warning where traffic to anywhere is allowed."""
    membership = snapshot.service(KialiMembership)
    hosts = snapshot.service(KialiHosts)
    registry = snapshot.service(KialiRegistry)
    virtual = snapshot.service(KialiVirtualHosts)
    for policy in membership.objects("AuthorizationPolicy"):
        namespace = policy.namespace
        plane = membership.control_plane(namespace)
        if plane is None:
            continue
        for text, path in entries(policy, "to", "operation", "hosts"):
            if _matches_headers(text.strip(), namespace, membership):
                continue
            host = hosts.resolve(text, namespace)
            if not (
                registry.has_service(host.text, namespace)
                or registry.has_entry(host.text, namespace)
                or virtual.covers(host, namespace)
            ):
                severity = Severity.WARNING if plane.mesh.allow_any else None
                yield META.on(policy, path, severity=severity, host=text)


def _matches_headers(host: str, namespace: str, membership: KialiMembership) -> bool:
    """Whether a host is a pattern or a name that only the Host header of requests can tell."""
    if host.startswith("*") or host.endswith("*"):
        return True
    _, _, rest = host.partition(".")
    return "." in host and ("." in rest or (rest != namespace and rest not in membership.visible))
