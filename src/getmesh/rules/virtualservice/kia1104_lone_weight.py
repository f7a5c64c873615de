"""KIA1104: the only destination of a route has a weight below 100."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_routes import KialiRoutes
from getmesh.model.objects import as_quoted_number
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1104",
    name="virtualservice-lone-weight",
    severity=Severity.WARNING,
    title="The only destination of a route has a weight below 100",
    means="A route with one destination sends all its traffic there, whatever weight is written.",
    why="Whoever reads the weight believes that only a part of the traffic goes there; it is all of it.",
    fix="Remove the weight, or add the destination that is to get the rest.",
    message="weight {weight} has no effect, since this is the only destination of the route",
    reads=(),
    uses=(KialiRoutes,),
    since="0.1",
)

_ALL: Final = 100


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each route whose one destination has a weight between 0 and 100."""
    for routes in snapshot.service(KialiRoutes).all:
        for legs in routes.lists:
            weight = as_quoted_number(legs[0].weight) if len(legs) == 1 else 0
            if 0 < weight < _ALL:
                yield META.on(routes.route, (*legs[0].path, "weight"), weight=weight)
