"""IST0156: the cluster serves no version of the Gateway API that Istio reads."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.precheck import only_before_installing
from getmesh.model.crds import gateway_api_kinds
from getmesh.model.snapshot import Snapshot

NEEDED: Final = "v1beta1"
_KINDS: Final = frozenset({"Gateway", "GatewayClass", "HTTPRoute", "ReferenceGrant"})

META = RuleMeta(
    code="IST0156",
    name="gatewayapi-version-not-served",
    severity=Severity.ERROR,
    title="CRD of the Gateway API does not serve the version that Istio reads",
    means="The CRD does not serve v1beta1, the version in which Istio reads this kind.",
    why=(
        "The control plane cannot watch the kind, so Gateways and routes of the cluster are not programmed "
        "after the installation."
    ),
    fix="Install the CRDs of a current Gateway API bundle before Istio.",
    message="kind {kind} of the Gateway API is served as {served}, but Istio reads {needed}",
    reads=("CustomResourceDefinition",),
    since="0.1",
    tags=("precheck",),
    gap=only_before_installing,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0156/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each CRD of a kind that Istio uses and that does not serve the version."""
    for definition, kind, served in gateway_api_kinds(snapshot):
        if kind in _KINDS and NEEDED not in served:
            listed = ", ".join(served) or "none"
            yield META.on(definition, ("spec", "versions"), kind=kind, served=listed, needed=NEEDED)
