"""KIA1402: a route refers to a Service that is missing or that no grant opens to it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.gatewayapi import ROUTE_KINDS, GatewayApi, backends, references
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import Object, as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1402",
    name="route-missing-service",
    severity=Severity.ERROR,
    title="A route refers to a Service that is missing or that no ReferenceGrant opens to it",
    means=(
        "A backend or a parent of kind Service does not exist in its namespace, its name has a dot, or it is in "
        "another namespace that has no ReferenceGrant from the route's kind and namespace to Services."
    ),
    why="Requests that the rule takes fail with 500, since the route has no backend there.",
    fix="Correct name and namespace, or create a ReferenceGrant in the namespace of the Service.",
    message="Service {namespace}/{name} {problem}",
    reads=(*ROUTE_KINDS, "Service"),
    uses=(GatewayApi, KialiMembership),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Service that a route cannot use."""
    membership, api = snapshot.service(KialiMembership), snapshot.service(GatewayApi)
    for kind in ROUTE_KINDS:
        for route in membership.objects(kind):
            for place in (*references(route, "Service"), *backends(route)):
                name = as_text(place.mapping.get("name"))
                namespace = as_text(place.mapping.get("namespace")) or route.namespace
                problem = _problem(snapshot, api, route, namespace, name)
                if problem:
                    yield META.at(place.get("name"), namespace=namespace, name=name, problem=problem)


def _problem(snapshot: Snapshot, api: GatewayApi, route: Object, namespace: str, name: str) -> str:
    if "." in name or not snapshot.has("Service", namespace, name):
        return "does not exist"
    if not api.granted(route.kind, route.namespace, "Service", namespace):
        return f"is opened by no ReferenceGrant to a {route.kind} of namespace {route.namespace!r}"
    return ""
