"""IST0165: a VirtualService names a Gateway that exists only inside istiod."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.gateways import MESH, is_internal, references
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0165",
    name="virtualservice-internal-gateway",
    severity=Severity.WARNING,
    title="A VirtualService names a Gateway that istiod made for itself",
    means="The name is that of a Gateway which istiod derives from a Kubernetes Gateway and keeps to itself.",
    why="Such names are no interface: an upgrade or a changed listener breaks the reference without a word.",
    fix="Attach the routes with an HTTPRoute and its parentRefs, or name an Istio Gateway of your own.",
    message="gateway {gateway!r} is internal to istiod and no stable name",
    reads=("VirtualService",),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0165/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each reference to an internal Gateway; those inside matches are not looked at."""
    for route in snapshot.each("VirtualService"):
        for place in references(route):
            if place.text != MESH and is_internal(place.text):
                yield META.at(place, gateway=place.text)
