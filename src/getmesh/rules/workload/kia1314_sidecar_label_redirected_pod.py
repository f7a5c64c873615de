"""KIA1314: labels ask for a sidecar, but ztunnel takes the traffic of a Pod."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1314",
    name="workload-sidecar-label-redirected-pod",
    severity=Severity.ERROR,
    title="Workload is labelled for a sidecar, but ztunnel takes its traffic",
    means="Labels of the workload or of its namespace ask for a sidecar, but a Pod is redirected to ztunnel.",
    why="The Pod runs without the sidecar that its labels promise, so that its configuration does not hold.",
    fix="Restart the Pod after settling on one data plane, and remove the label of the other.",
    message="labels ask for a sidecar, but Pod {pod!r} is redirected to ztunnel",
    reads=(),
    uses=(
        KialiAmbient,
        KialiWorkloads,
    ),
    since="0.1",
    differs=(
        Difference(
            "kiali",
            "Pods belong to the ReplicaSet of a custom controller by UID alone.",
            "Where one side has no UID, as in manifests, the name of the owner links them.",
        ),
    ),
    link="https://kiali.io/docs/features/validations/#kia1314",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each workload that is to have a sidecar while one of its Pods is redirected."""
    ambient = snapshot.service(KialiAmbient)
    for workload in snapshot.service(KialiWorkloads).judged:
        if ambient.injected(workload):
            pod = next((pod for pod in workload.pods if pod.redirected), None)
            if pod is not None:
                related = (Related(pod.object, ("metadata", "annotations"), "is redirected"),)
                yield META.on(workload.subject, workload.labels_path, related=related, pod=pod.object.name)
