"""KIA1401: a route names a parent Gateway that is missing or does not admit it."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.gatewayapi import ROUTE_KINDS, GatewayApi, references
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1401",
    name="route-missing-gateway",
    severity=Severity.ERROR,
    title="A route names a parent Gateway that is missing or does not admit it",
    means=(
        "No Kubernetes Gateway of that name is in the namespace, or it is in another namespace than the route "
        "and none of its listeners allows routes of the route's namespace."
    ),
    why="The route attaches to nothing, so its requests get 404 or no answer at all.",
    fix=(
        "Correct name and namespace of the parentRef, or let a listener's allowedRoutes.namespaces take in "
        "the route's namespace."
    ),
    message="gateway {namespace}/{name} {problem}",
    reads=ROUTE_KINDS,
    uses=(GatewayApi, KialiMembership),
    since="0.1",
    differs=(
        Difference(
            "kiali",
            "It cuts the name of a parent at dots: edge.ingress stands for Gateway edge of namespace ingress, and a "
            "Gateway whose name has a dot is never found.",
            "A parent is looked up by its namespace and whole name, as the Gateway API defines it.",
        ),
    ),
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each parent that a route cannot attach to."""
    membership, api = snapshot.service(KialiMembership), snapshot.service(GatewayApi)
    for kind in ROUTE_KINDS:
        for route in membership.objects(kind):
            for place in references(route, "Gateway"):
                name = as_text(place.mapping.get("name"))
                namespace = as_text(place.mapping.get("namespace")) or route.namespace
                gateway = api.gateway(namespace, name)
                if gateway is None:
                    problem = "does not exist"
                elif not api.admits(gateway, route.namespace):
                    problem = f"has no listener that admits routes of namespace {route.namespace!r}"
                else:
                    continue
                yield META.at(place.get("name"), namespace=namespace, name=name, problem=problem)
