"""IST0153: ADD is used where nothing can be added."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.envoyfilters import patches
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0153",
    name="envoyfilter-add-without-effect",
    severity=Severity.ERROR,
    title="EnvoyFilter uses ADD where it has no effect",
    means="ADD works on neither route configurations nor HTTP routes, and the patch applies to one of them.",
    why="The patch is dropped without a word, so the route is never added.",
    fix="For a route use INSERT_FIRST, INSERT_BEFORE or INSERT_AFTER; for a route configuration use MERGE.",
    message="operation ADD has no effect on {place}",
    reads=("EnvoyFilter",),
    uses=(),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0153/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each ADD of routes."""
    for envoy_filter in snapshot.each("EnvoyFilter"):
        for patch in patches(envoy_filter):
            if patch.operation == "ADD" and patch.on_routes:
                path = ("spec", "configPatches", patch.position)
                yield META.on(envoy_filter, path, place=patch.place)
