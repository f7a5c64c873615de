"""KIA1501: two Kubernetes Gateways listen for one hostname."""

from collections.abc import Iterator

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import Field, as_number, as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1501",
    name="k8sgateway-shared-hostname",
    severity=Severity.WARNING,
    title="Two Kubernetes Gateways listen for one hostname",
    means="A listener of a Gateway with another name has the same hostname, port and protocol.",
    why="Which Gateway gets the traffic depends on where its name resolves to, and routes may hang on the other one.",
    fix="Keep the listener in one Gateway, or give it another hostname or port.",
    message="hostname {hostname!r} on port {port} ({protocol}) is also a listener of Gateway {other}",
    reads=("k8s.Gateway",),
    uses=(KialiMembership,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each listener that a Gateway of another name repeats."""
    listeners: dict[tuple[str, int, str], dict[str, list[Field]]] = {}
    for gateway in snapshot.service(KialiMembership).objects("k8s.Gateway"):
        for place in gateway.select("spec.listeners[]"):
            hostname = place.mapping.get("hostname")
            if isinstance(hostname, str):
                key = hostname, as_number(place.mapping.get("port")), as_text(place.mapping.get("protocol"))
                listeners.setdefault(key, {}).setdefault(gateway.name, []).append(place)
    for (hostname, port, protocol), names in listeners.items():
        if len(names) == 1:
            continue
        first, second = list(names.values())[:2]
        for places in names.values():
            other = second[0] if places is first else first[0]
            related = (Related(other.object, other.path, "the same listener"),)
            name = other.object.full_name
            for place in places:
                hosts = place.get("hostname")
                yield META.at(hosts, related=related, hostname=hostname, port=port, protocol=protocol, other=name)
