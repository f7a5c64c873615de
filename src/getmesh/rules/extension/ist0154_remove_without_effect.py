"""IST0154: REMOVE is used where nothing can be removed."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.envoyfilters import patches
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0154",
    name="envoyfilter-remove-without-effect",
    severity=Severity.ERROR,
    title="EnvoyFilter uses REMOVE where it has no effect",
    means="REMOVE works on neither route configurations nor HTTP routes, and the patch applies to one of them.",
    why="The patch is dropped without a word, so the route keeps serving.",
    fix="Remove the virtual host that holds the route, or change the VirtualService that makes it.",
    message="operation REMOVE has no effect on {place}",
    reads=("EnvoyFilter",),
    uses=(),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0154/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each REMOVE of routes."""
    for envoy_filter in snapshot.each("EnvoyFilter"):
        for patch in patches(envoy_filter):
            if patch.operation == "REMOVE" and patch.on_routes:
                path = ("spec", "configPatches", patch.position)
                yield META.on(envoy_filter, path, place=patch.place)
