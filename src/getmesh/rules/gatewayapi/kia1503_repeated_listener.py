"""KIA1503: a Kubernetes Gateway has two listeners for one hostname."""

from collections.abc import Iterator

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import Field, as_number, as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1503",
    name="k8sgateway-repeated-listener",
    severity=Severity.ERROR,
    title="A Kubernetes Gateway has two listeners for one hostname",
    means="Two listeners with different names have the same hostname, port and protocol.",
    why="The Gateway API takes such listeners as conflicted, so neither may be programmed.",
    fix="Merge the listeners, or make hostname, port or protocol differ.",
    message="listener {name!r} has the hostname, port and protocol of listener {other!r}",
    reads=("k8s.Gateway",),
    uses=(KialiMembership,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each listener that one with another name repeats."""
    for gateway in snapshot.service(KialiMembership).objects("k8s.Gateway"):
        listeners: dict[tuple[str, int, str], list[Field]] = {}
        for place in gateway.select("spec.listeners[]"):
            hostname = place.mapping.get("hostname")
            if isinstance(hostname, str):
                key = hostname, as_number(place.mapping.get("port")), as_text(place.mapping.get("protocol"))
                listeners.setdefault(key, []).append(place.get("name"))
        for names in listeners.values():
            for place in names:
                other = next((item for item in names if item.text != place.text), None)
                if other is not None:
                    related = (Related(gateway, other.path, "the same listener"),)
                    yield META.at(place, related=related, name=place.text, other=other.text)
