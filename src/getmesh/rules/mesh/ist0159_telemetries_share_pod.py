"""IST0159: two Telemetry resources select one Pod."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.sidecars import names
from getmesh.model.snapshot import Snapshot
from getmesh.model.telemetries import Telemetries

META = RuleMeta(
    code="IST0159",
    name="telemetry-pod-selected-twice",
    severity=Severity.ERROR,
    title="Several Telemetry resources select the same Pod",
    means="The selectors of two or more Telemetry resources of one namespace match the same Pod.",
    why="Only one of them configures the Pod, the oldest one, and the settings of the others are lost without a word.",
    fix="Narrow the selectors until each Pod is matched by one Telemetry, or merge the resources.",
    message="telemetries {telemetries} all select pod {pod!r}",
    reads=(),
    uses=(Telemetries,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0159/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Pod on every Telemetry that selects it with others."""
    for pod, claimants in snapshot.service(Telemetries).by_pod:
        listed = names(claimants)
        for telemetry in claimants:
            yield META.on(telemetry, ("metadata", "name"), telemetries=listed, pod=pod.full_name)
