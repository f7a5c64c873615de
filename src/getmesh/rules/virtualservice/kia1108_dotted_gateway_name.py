"""KIA1108: a VirtualService names a Gateway by a dotted name."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_references import GatewayReferences
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1108",
    name="virtualservice-dotted-gateway-name",
    severity=Severity.INFO,
    title="VirtualService names a Gateway by a dotted name",
    means="The reference is written like a host name, a form of early Istio versions.",
    why="Istio takes the dots as part of the name, so the reference may lead nowhere.",
    fix="Write the reference as <namespace>/<name>, or as the name alone within one namespace.",
    message="gateway {gateway!r} is written with dots instead of <namespace>/<name>",
    reads=(),
    uses=(GatewayReferences,),
    since="0.1",
    differs=(
        Difference(
            "kiali",
            "It reports a reference of a match as if it stood in the list of the whole VirtualService.",
            "The finding is at the reference itself; the objects are the same.",
        ),
    ),
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each dotted reference, unless an earlier list already names a missing Gateway."""
    for reference in snapshot.service(GatewayReferences).all:
        if "." in reference.text and not reference.after_fault:
            yield META.on(reference.route, reference.path, gateway=reference.text)
