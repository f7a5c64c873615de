"""IST0160: two Telemetry resources speak for a whole namespace."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.sidecars import names
from getmesh.model.snapshot import Snapshot
from getmesh.model.telemetries import Telemetries

META = RuleMeta(
    code="IST0160",
    name="telemetry-namespace-claimed-twice",
    severity=Severity.ERROR,
    title="Several Telemetry resources without a selector in one namespace",
    means="Two or more Telemetry resources of the namespace have no selector, so each claims to be its default.",
    why="Only one of them is applied, the oldest one, and the settings of the others are lost without a word.",
    fix="Merge them into one Telemetry, or give all but one a selector.",
    message="telemetries {telemetries} all claim to be the default of namespace {namespace!r}",
    reads=(),
    uses=(Telemetries,),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "Its reader drops a List whose items share YAML anchors, and what follows a separator line with a comment.",
            "Both are read, as the API server and kubectl read them, so their resources count.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0160/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Telemetry that claims a namespace with others; targets do not count."""
    for claimants in snapshot.service(Telemetries).by_namespace:
        listed = names(claimants)
        for telemetry in claimants:
            yield META.on(telemetry, ("spec",), telemetries=listed, namespace=telemetry.namespace)
