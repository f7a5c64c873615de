"""IST0111: two Sidecars speak for a whole namespace."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.sidecars import Sidecars, names
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0111",
    name="sidecar-namespace-claimed-twice",
    severity=Severity.ERROR,
    title="Several Sidecars without workload labels in one namespace",
    means=(
        "Two or more Sidecars of the namespace have no workload labels, so each claims to be the namespace's default."
    ),
    why="Only one of them is applied, and which one is not defined, so hosts may vanish from the proxies' view.",
    fix="Keep one Sidecar without workload labels, and give the others a workloadSelector.",
    message="sidecars {sidecars} all claim to be the default of namespace {namespace!r}",
    reads=(),
    uses=(Sidecars,),
    since="0.1",
    twin="KIA0002",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0111/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Sidecar that claims a namespace with others."""
    for claimants in snapshot.service(Sidecars).by_namespace:
        listed = names(claimants)
        for sidecar in claimants:
            at = "workloadSelector" in sidecar.spec
            path = ("spec", "workloadSelector") if at else ("spec",)
            yield META.on(sidecar, path, sidecars=listed, namespace=sidecar.namespace)
