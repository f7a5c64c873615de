"""IST0131: a match of a VirtualService never decides, because an earlier one takes its requests."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.routeorder import RouteOrder
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0131",
    name="virtualservice-ineffective-match",
    severity=Severity.INFO,
    title="A match of a VirtualService is taken by an earlier one",
    means="An earlier match of the same list is equal to this one, or its URI prefix begins this one's prefix "
    "under the same other conditions.",
    why="Requests that this match is meant for follow the earlier route, other than a reader expects.",
    fix="Put the narrower match before the wider one, or delete the match.",
    message="match {match} of rule {rule} never decides: it {earlier}",
    reads=(),
    uses=(RouteOrder,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0131/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each match that an earlier one makes ineffective."""
    for match in snapshot.service(RouteOrder).matches:
        yield META.on(match.object, match.path, match=match.match, rule=match.rule, earlier=match.earlier)
