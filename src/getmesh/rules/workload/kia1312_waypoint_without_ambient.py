"""KIA1312: a workload is enrolled to a waypoint, but none of its Pods is in ambient."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1312",
    name="workload-waypoint-without-ambient",
    severity=Severity.WARNING,
    title="Workload uses a waypoint but is not in ambient",
    means="The workload or its namespace is enrolled to a waypoint, but ztunnel takes the traffic of none of its Pods.",
    why=(
        "Only ztunnel sends traffic on to waypoints, so that policies of the waypoint do not hold for what the "
        "workload sends."
    ),
    fix="Label the namespace or the workload with istio.io/dataplane-mode: ambient, or remove istio.io/use-waypoint.",
    message="workload is enrolled to a waypoint, but ztunnel takes the traffic of none of its Pods",
    reads=(),
    uses=(
        KialiAmbient,
        KialiWorkloads,
    ),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1312",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each workload with Pods that wants a waypoint and is not redirected."""
    ambient = snapshot.service(KialiAmbient)
    for workload in snapshot.service(KialiWorkloads).judged:
        if ambient.wants_waypoint(workload) and workload.pods and not ambient.redirected(workload):
            yield META.on(workload.subject, workload.labels_path)
