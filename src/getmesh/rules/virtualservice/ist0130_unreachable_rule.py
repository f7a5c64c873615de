"""IST0130: a route of a VirtualService never gets a request."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.routeorder import RouteOrder
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0130",
    name="virtualservice-unreachable-rule",
    severity=Severity.WARNING,
    title="A route of a VirtualService is never used",
    means="Routes are tried in order, and earlier routes of this list take every request that this one could get.",
    why="What the route says, such as a canary, a fault or a redirect, silently has no effect.",
    fix="Move the route before the one that hides it, give the earlier one a match, or delete the route.",
    message="rule {rule} is never used: {reason}",
    reads=(),
    uses=(RouteOrder,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0130/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each unreachable route."""
    for route in snapshot.service(RouteOrder).routes:
        yield META.on(route.object, route.path, rule=route.rule, reason=route.reason)
