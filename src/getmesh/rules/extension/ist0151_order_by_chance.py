"""IST0151: the effect of a patch depends on which filters were applied before it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.envoyfilters import RelativePatches
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0151",
    name="envoyfilter-order-by-chance",
    severity=Severity.WARNING,
    title="EnvoyFilter patch depends on the order of filters, and has no priority",
    means="The patch refers to the position or presence of another element, and the filter sets no priority.",
    why=(
        "Filters without a priority are applied by age and name, so the result changes when another filter is "
        "made again."
    ),
    fix="Set spec.priority, or use an operation that needs no neighbour, such as INSERT_FIRST, ADD or MERGE.",
    message="operation {operation} on {place} depends on the order of filters, but the filter sets no priority",
    reads=(),
    uses=(RelativePatches,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0151/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each patch that no versioned patch of the same name precedes."""
    for envoy_filter, patch in snapshot.service(RelativePatches).plain:
        path = ("spec", "configPatches", patch.position)
        yield META.on(envoy_filter, path, operation=patch.operation, place=patch.place)
