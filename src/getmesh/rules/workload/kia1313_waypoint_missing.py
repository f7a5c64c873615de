"""KIA1313: a workload is enrolled to a waypoint that does not serve it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1313",
    name="workload-waypoint-missing",
    severity=Severity.ERROR,
    title="Workload uses a waypoint that does not serve it",
    means=(
        "The workload or its namespace is enrolled to a waypoint, but no running waypoint of that name serves"
        " it: none is there, or ztunnel does not take the traffic of its Pods."
    ),
    why="HTTP policies and routes that the waypoint should carry out do not take effect.",
    fix="Deploy the waypoint, correct istio.io/use-waypoint and istio.io/use-waypoint-namespace, or remove them.",
    message="workload is enrolled to a waypoint, but none serves it",
    reads=(),
    uses=(
        KialiAmbient,
        KialiWorkloads,
    ),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1313",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each workload with Pods that wants a waypoint and has none."""
    ambient = snapshot.service(KialiAmbient)
    for workload in snapshot.service(KialiWorkloads).judged:
        if ambient.wants_waypoint(workload) and workload.pods and ambient.waypoint(workload) is None:
            yield META.on(workload.subject, workload.labels_path)
