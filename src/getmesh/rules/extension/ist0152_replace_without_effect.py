"""IST0152: REPLACE is used where nothing can be replaced."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.envoyfilters import patches
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0152",
    name="envoyfilter-replace-without-effect",
    severity=Severity.ERROR,
    title="EnvoyFilter uses REPLACE where it has no effect",
    means=(
        "REPLACE works on network filters, HTTP filters and virtual hosts only, and the patch applies to "
        "something else."
    ),
    why="The patch is dropped without a word, so the configuration stays as it was.",
    fix="Use MERGE, or REMOVE followed by ADD, or apply the patch to a filter.",
    message="operation REPLACE has no effect on {place}",
    reads=("EnvoyFilter",),
    uses=(),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0152/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each REPLACE of what Envoy cannot replace."""
    for envoy_filter in snapshot.each("EnvoyFilter"):
        for patch in patches(envoy_filter):
            if patch.operation == "REPLACE" and not patch.replaceable:
                path = ("spec", "configPatches", patch.position)
                yield META.on(envoy_filter, path, place=patch.place)
