"""KIA1004: an egress host of a Sidecar is known to no registry."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_hosts import KialiHosts
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_registry import KialiRegistry
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, Viewers, ViewerSet

META = RuleMeta(
    code="KIA1004",
    name="sidecar-unknown-egress-host",
    severity=Severity.WARNING,
    title="An egress host of a Sidecar is known to no registry",
    means=(
        "The name after the slash is neither a star, a wildcard over the Sidecar's own namespace, a Service that this "
        "namespace sees, nor covered by a visible ServiceEntry; the namespace before the slash is not looked at."
    ),
    why="The Sidecar imports nothing by this entry, so its workloads lack the routes they were meant to have.",
    fix=(
        "Write a Service as <service>.<namespace>.svc.cluster.local, use * after the slash for all of a namespace, "
        "or add the ServiceEntry."
    ),
    message="egress host {host!r} is neither a known Service nor covered by a ServiceEntry{viewers}",
    reads=("Sidecar",),
    uses=(KialiHosts, KialiMembership, KialiRegistry, Viewers),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each egress host that some viewer finds nowhere."""
    viewers, membership = snapshot.service(Viewers), snapshot.service(KialiMembership)
    registry, hosts = snapshot.service(KialiRegistry), snapshot.service(KialiHosts)
    for sidecar in membership.objects("Sidecar"):
        for place in sidecar.select("spec.egress[].hosts[]"):
            if not isinstance(place.value, str):
                continue
            unknown = _unknown(place.text, sidecar.namespace, hosts, registry, viewers)
            if unknown:
                yield META.at(place, host=place.text, viewers=viewers.note(unknown, viewers.everyone))


def _unknown(entry: str, namespace: str, hosts: KialiHosts, registry: KialiRegistry, viewers: Viewers) -> ViewerSet:
    parts = entry.split("/")
    name = parts[1] if len(parts) > 1 else ""
    host = hosts.strict(name, namespace)
    if name == "*" or (host.is_wildcard and host.namespace == namespace):
        return NOBODY
    if registry.has_service(host.text, namespace):
        return NOBODY
    return viewers.everyone & ~registry.cover(host.text)
