"""KIA1502: two Kubernetes Gateways ask for one address."""

from collections.abc import Iterator

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import Field, as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1502",
    name="k8sgateway-shared-address",
    severity=Severity.WARNING,
    title="Two Kubernetes Gateways ask for one address",
    means="A Gateway with another name asks for an address of the same type and value.",
    why="Only one of them can have the address, so the other is never programmed or takes over its traffic.",
    fix="Give each Gateway an address of its own, or merge their listeners into one Gateway.",
    message="address {value!r} is also asked for by Gateway {other}",
    reads=("k8s.Gateway",),
    uses=(KialiMembership,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Gateway, at its first address that a Gateway of another name asks for."""
    asked: dict[tuple[str, str], dict[str, Field]] = {}
    gateways = snapshot.service(KialiMembership).objects("k8s.Gateway")
    for gateway in gateways:
        for place in gateway.select("spec.addresses[]"):
            if as_text(place.mapping.get("value")):
                asked.setdefault(_key(place), {}).setdefault(gateway.name, place)
    for gateway in gateways:
        for place in gateway.select("spec.addresses[]"):
            others = (other for name, other in asked.get(_key(place), {}).items() if name != gateway.name)
            if (other := next(others, None)) is not None:
                related = (Related(other.object, other.path, "the same address"),)
                name = other.object.full_name
                yield META.at(place.get("value"), related=related, value=place.get("value").text, other=name)
                break


def _key(place: Field) -> tuple[str, str]:
    return as_text(place.mapping.get("type")) or "IPAddress", as_text(place.mapping.get("value"))
