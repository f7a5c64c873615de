"""KIA1316: a workload has sidecars in an ambient namespace."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1316",
    name="workload-sidecars-in-ambient-namespace",
    severity=Severity.WARNING,
    title="Workload runs with sidecars in an ambient namespace",
    means="The namespace is in ambient mode, but all Pods of the workload have a sidecar.",
    why="The two data planes differ in what they enforce, and ztunnel leaves Pods with a sidecar alone.",
    fix="Restart the Pods without injection, or label the workload with istio.io/dataplane-mode: none.",
    message="all Pods have a sidecar, but namespace {namespace} is in ambient mode",
    reads=(),
    uses=(
        KialiMembership,
        KialiWorkloads,
    ),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1316",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each workload of an ambient namespace whose Pods, at least one, all have a sidecar."""
    membership = snapshot.service(KialiMembership)
    for workload in snapshot.service(KialiWorkloads).judged:
        if membership.ambient(workload.namespace) and workload.pods and workload.sidecar:
            yield META.on(workload.subject, workload.labels_path, namespace=workload.namespace)
