"""KIA1113: layer 7 routes for a Service that uses no waypoint."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_enrolment import KialiEnrolment
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1113",
    name="virtualservice-service-not-captured",
    severity=Severity.WARNING,
    title="VirtualService has layer 7 routes for a Service that uses no waypoint",
    means=(
        "The Service is in the ambient mesh, but neither its own label istio.io/use-waypoint nor that of its namespace "
        "names a waypoint; the Service's label wins, and an empty value or none opts out."
    ),
    why="Only waypoints apply layer 7 routes in ambient, and ztunnel ignores them, so they have no effect.",
    fix=("Label the Service or its namespace istio.io/use-waypoint=<name> and see that this waypoint runs."),
    message="the layer 7 routes for {host!r} have no effect, since Service {service} uses no waypoint",
    reads=(),
    uses=(KialiEnrolment,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each ambient Service that a VirtualService names and that uses no waypoint."""
    for judged in snapshot.service(KialiEnrolment).routes():
        for reached in judged.reached:
            if not reached.enrolled:
                service = reached.service.full_name
                yield META.on(judged.object, ("spec", "hosts", reached.place), host=reached.host, service=service)
