"""KIA1315: labels ask for ambient, but a Pod has a sidecar."""

from collections.abc import Iterator

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1315",
    name="workload-ambient-label-sidecar-pod",
    severity=Severity.ERROR,
    title="Workload is labelled for ambient, but a Pod has a sidecar",
    means="Labels of the workload or of its namespace ask for ambient, but a sidecar was injected into a Pod.",
    why="Ztunnel leaves Pods with a sidecar alone, so that this workload is not served as its labels promise.",
    fix="Restart the Pods after injection is off, or remove the ambient label.",
    message="labels ask for ambient, but Pod {pod!r} has a sidecar",
    reads=(),
    uses=(
        KialiAmbient,
        KialiWorkloads,
    ),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1315",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each workload that is to be in ambient while one of its Pods has a sidecar."""
    ambient = snapshot.service(KialiAmbient)
    for workload in snapshot.service(KialiWorkloads).judged:
        if ambient.labelled(workload):
            pod = next((pod for pod in workload.pods if pod.sidecar), None)
            if pod is not None:
                related = (Related(pod.object, ("metadata", "annotations"), "has a sidecar"),)
                yield META.on(workload.subject, workload.labels_path, related=related, pod=pod.object.name)
