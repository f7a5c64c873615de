"""KIA1311: labels ask for ambient and for a sidecar at once."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1311",
    name="workload-ambient-and-sidecar-labels",
    severity=Severity.ERROR,
    title="Workload is labelled for ambient and for a sidecar",
    means="Labels of the workload or of its namespace ask for ambient, and others ask for a sidecar.",
    why="A Pod has one data plane: the sidecar wins if it is injected, and ztunnel leaves the Pod alone.",
    fix="Remove the label of one of the two, or opt the workload out with istio.io/dataplane-mode: none.",
    message="labels ask for ambient and for a sidecar",
    reads=(),
    uses=(
        KialiAmbient,
        KialiWorkloads,
    ),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1311",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each workload whose labels, with those of its namespace, ask for both."""
    ambient = snapshot.service(KialiAmbient)
    for workload in snapshot.service(KialiWorkloads).judged:
        if ambient.labelled(workload) and ambient.injected(workload):
            yield META.on(workload.subject, workload.labels_path)
