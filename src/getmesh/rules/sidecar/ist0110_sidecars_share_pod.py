"""IST0110: two Sidecars select one Pod."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.sidecars import Sidecars, names
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0110",
    name="sidecar-pod-selected-twice",
    severity=Severity.ERROR,
    title="Several Sidecars select the same Pod",
    means="The workload selectors of two or more Sidecars of one namespace match the same Pod.",
    why="Only one of them configures the Pod's proxy, and which one is not defined, so hosts may vanish from its view.",
    fix="Narrow the selectors until each Pod is matched by one Sidecar, or merge the Sidecars.",
    message="sidecars {sidecars} all select pod {pod!r}",
    reads=(),
    uses=(Sidecars,),
    since="0.1",
    twin="KIA0003",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0110/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Pod on every Sidecar that selects it with others."""
    for pod, claimants in snapshot.service(Sidecars).by_pod:
        listed = names(claimants)
        for sidecar in claimants:
            yield META.on(sidecar, ("metadata", "name"), sidecars=listed, pod=pod.full_name)
