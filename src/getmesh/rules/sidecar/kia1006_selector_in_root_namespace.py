"""KIA1006: a Sidecar of the root namespace selects workloads."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import sidecar_labels

META = RuleMeta(
    code="KIA1006",
    name="sidecar-selector-in-root-namespace",
    severity=Severity.WARNING,
    title="A Sidecar of the root namespace selects workloads",
    means="A Sidecar in the root namespace is the default of the whole mesh, which a workloadSelector contradicts.",
    why="It is no default then: namespaces without a Sidecar of their own import everything.",
    fix="Remove the workloadSelector, or move the Sidecar to the namespace of these workloads.",
    message="namespace {namespace!r} is the root namespace, where a Sidecar is the mesh's default and selects nothing",
    reads=("Sidecar",),
    uses=(KialiMembership,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Sidecar with selector labels in the root namespace of its own control plane."""
    membership = snapshot.service(KialiMembership)
    for sidecar in membership.objects("Sidecar"):
        if sidecar_labels(sidecar) and membership.root(sidecar.namespace) == sidecar.namespace:
            yield META.on(sidecar, ("spec", "workloadSelector"), namespace=sidecar.namespace)
