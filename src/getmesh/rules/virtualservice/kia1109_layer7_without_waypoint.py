"""KIA1109: layer 7 routes in an ambient namespace that uses no waypoint."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_enrolment import KialiEnrolment
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1109",
    name="virtualservice-without-waypoint",
    severity=Severity.WARNING,
    title="VirtualService has layer 7 routes, yet its ambient namespace uses no waypoint",
    means=(
        "The namespace is in the ambient mesh without a waypoint, and no host of the VirtualService "
        "names a Service of an ambient namespace that could have one of its own."
    ),
    why="Only waypoints apply layer 7 routes in ambient, and ztunnel ignores them, so they have no effect.",
    fix=("Deploy a waypoint and label the namespace istio.io/use-waypoint=<name>, or name a Service that uses one."),
    message="namespace {namespace!r} uses no waypoint, so the layer 7 routes have no effect",
    reads=(),
    uses=(KialiEnrolment,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each VirtualService whose namespace is ambient without a waypoint."""
    for judged in snapshot.service(KialiEnrolment).routes():
        if judged.homeless:
            yield META.on(judged.object, ("spec", "hosts", 0), namespace=judged.object.namespace)
