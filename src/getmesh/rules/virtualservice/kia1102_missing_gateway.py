"""KIA1102: a VirtualService names a Gateway that is not there."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_references import GatewayReferences
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1102",
    name="virtualservice-missing-gateway",
    severity=Severity.ERROR,
    title="VirtualService names a Gateway that does not exist",
    means=(
        "No Gateway of a known namespace has that name; a name without a slash is looked up in the VirtualService's "
        "own namespace. Matches of tcp and tls routes are not looked at."
    ),
    why="The routes attach to nothing, so clients get 404 while the VirtualService looks healthy.",
    fix="Create the Gateway, or write the reference as <namespace>/<name>; mesh stands for sidecars.",
    message="gateway {gateway!r} does not exist",
    reads=(),
    uses=(GatewayReferences,),
    since="0.1",
    twin="IST0101",
    differs=(
        Difference(
            "kiali",
            "It stops after the first list with a fault and does not say which match of a route holds the reference.",
            "Every reference to a missing Gateway is reported at its own place; the objects are the same.",
        ),
        Difference(
            "kiali",
            "A reference written as a full name is known only if it ends in the trust domain.",
            "One that ends in cluster.local or the cluster's own DNS suffix is known too, whatever the trust domain.",
        ),
    ),
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each reference that resolves to nothing."""
    for reference in snapshot.service(GatewayReferences).all:
        if reference.missing:
            yield META.on(reference.route, reference.path, gateway=reference.text)
