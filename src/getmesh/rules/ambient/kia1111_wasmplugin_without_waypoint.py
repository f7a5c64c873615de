"""KIA1111: a WasmPlugin in an ambient namespace applies to what uses no waypoint."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1111",
    name="wasmplugin-without-waypoint",
    severity=Severity.WARNING,
    title="WasmPlugin needs a waypoint, and what it is meant for uses none",
    means=(
        "The namespace is in ambient mode, where only waypoints carry out plugins, but a Service, a workload or "
        "the namespace that the WasmPlugin is meant for is not enrolled to one."
    ),
    why="Traffic that passes no waypoint is not touched by it.",
    fix="Label the Service, the workload or the namespace with istio.io/use-waypoint.",
    message="plugins need a waypoint, and what this WasmPlugin is meant for uses none",
    reads=("WasmPlugin",),
    uses=(KialiAmbient,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1111",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each WasmPlugin that is meant for something without a waypoint."""
    ambient = snapshot.service(KialiAmbient)
    for plugin in ambient.layer7("WasmPlugin"):
        if ambient.unenrolled(plugin):
            yield META.on(plugin)
