"""IST0155: a patch depends on the order of filters after a patch of the same name for some proxy versions."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.envoyfilters import RelativePatches
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0155",
    name="envoyfilter-order-by-chance-for-version",
    severity=Severity.WARNING,
    title="EnvoyFilter patch depends on the order of filters, beside one for some proxy versions",
    means=(
        "The patch refers to a neighbour, sets no priority, and an earlier patch of the same name holds for "
        "some proxy versions."
    ),
    why=(
        "Whether the versioned patch or this one comes first decides the result, so proxies of different "
        "versions diverge."
    ),
    fix="Set spec.priority on the filters, or limit every patch of that name by its own proxyVersion and priority.",
    message=(
        "operation {operation} on {place} depends on the order of filters, and an earlier patch of that "
        "name is for some "
        "versions only"
    ),
    reads=(),
    uses=(RelativePatches,),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "It remembers versioned patches across filters that it walks in random order.",
            "Filters are walked by namespace and name, so the finding stays on the same filter from run to run.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0155/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each patch that a versioned patch of the same name precedes."""
    for envoy_filter, patch in snapshot.service(RelativePatches).versioned:
        path = ("spec", "configPatches", patch.position)
        yield META.on(envoy_filter, path, operation=patch.operation, place=patch.place)
