"""KIA1504: a Kubernetes Gateway has a class that Istio does not serve."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.gatewayapi import GatewayClasses
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1504",
    name="k8sgateway-unknown-class",
    severity=Severity.ERROR,
    title="A Kubernetes Gateway has a class that Istio does not serve",
    means=(
        "No GatewayClass of that name has one of Istio's controllers, and it is none of those that istiod creates; "
        "classes of other implementations are unknown here too."
    ),
    why="Istio ignores the Gateway, so no proxy opens its listeners.",
    fix="Use the class istio, istio-waypoint for a waypoint, or a GatewayClass whose controllerName is Istio's.",
    message="gateway class {name!r} is none that Istio serves",
    reads=("k8s.Gateway",),
    uses=(GatewayClasses, KialiMembership),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Gateway of an unknown class."""
    names = snapshot.service(GatewayClasses).names
    for gateway in snapshot.service(KialiMembership).objects("k8s.Gateway"):
        name = as_text(gateway.spec.get("gatewayClassName"))
        if name not in names:
            yield META.on(gateway, ("spec", "gatewayClassName"), name=name)
