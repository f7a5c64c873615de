"""IST0172: the cluster serves no version of the Gateway API that the next Istio reads."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.precheck import only_before_installing
from getmesh.model.crds import gateway_api_kinds
from getmesh.model.snapshot import Snapshot

NEEDED: Final = "v1"
_KINDS: Final = frozenset({"GRPCRoute", "Gateway", "GatewayClass", "HTTPRoute"})

META = RuleMeta(
    code="IST0172",
    name="gatewayapi-version-soon-needed",
    severity=Severity.WARNING,
    title="CRD of the Gateway API does not serve the version that coming releases read",
    means="The CRD does not serve v1, the version in which coming releases of Istio read this kind.",
    why="After one of the next upgrades istiod can no longer watch the kind, and its resources stop being programmed.",
    fix="Install the CRDs of a current Gateway API bundle before the next upgrade.",
    message="kind {kind} of the Gateway API is served as {served}, but coming releases of Istio read {needed}",
    reads=("CustomResourceDefinition",),
    since="0.1",
    tags=("precheck",),
    gap=only_before_installing,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0172/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each CRD of a kind that Istio uses and that does not serve the version."""
    for definition, kind, served in gateway_api_kinds(snapshot):
        if kind in _KINDS and NEEDED not in served:
            listed = ", ".join(served) or "none"
            yield META.on(definition, ("spec", "versions"), kind=kind, served=listed, needed=NEEDED)
