"""KIA1112: a Telemetry in an ambient namespace applies to what uses no waypoint."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1112",
    name="telemetry-without-waypoint",
    severity=Severity.WARNING,
    title="Telemetry needs a waypoint, and what it is meant for uses none",
    means=(
        "The namespace is in ambient mode, where only waypoints carry out tracing, access logs and metric "
        "overrides, but a Service, a workload or the namespace that the Telemetry is meant for is not enrolled to"
        " one."
    ),
    why="Traffic that passes no waypoint is not touched by it.",
    fix="Label the Service, the workload or the namespace with istio.io/use-waypoint.",
    message="tracing, access logs and metric overrides need a waypoint, and what this Telemetry is meant for uses none",
    reads=("Telemetry",),
    uses=(KialiAmbient,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1112",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Telemetry that is meant for something without a waypoint."""
    ambient = snapshot.service(KialiAmbient)
    for telemetry in ambient.layer7("Telemetry"):
        if ambient.unenrolled(telemetry):
            yield META.on(telemetry)
