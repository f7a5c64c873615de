"""KIA1105: a route names one destination twice."""

from collections.abc import Iterator

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_routes import KialiRoutes, Leg
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1105",
    name="virtualservice-repeated-destination",
    severity=Severity.WARNING,
    title="A route names one destination twice",
    means="Two destinations of one route have the same host, however it is written, and the same subset.",
    why="The weights add up for one target, so the split of traffic is not the one that the list suggests.",
    fix="Merge the two into one destination with the sum of their weights, or correct host or subset.",
    message="host {host!r}{subset} is a destination of this route more than once",
    reads=(),
    uses=(KialiRoutes,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each of several equal destinations; ports make no difference."""
    for routes in snapshot.service(KialiRoutes).all:
        for legs in routes.lists:
            if len(legs) < 2 or not all(leg.complete for leg in legs):  # noqa: PLR2004 - one cannot repeat
                continue
            same: dict[tuple[str, str], list[Leg]] = {}
            for leg in legs:
                same.setdefault((leg.target.text if leg.target else "", leg.subset), []).append(leg)
            for found in same.values():
                for leg in found if len(found) > 1 else ():
                    other = found[1] if leg is found[0] else found[0]
                    related = (Related(routes.route, (*other.path, "destination"), "the same destination"),)
                    subset = f" with subset {leg.subset!r}" if leg.subset else ""
                    path = (*leg.path, "destination", "host")
                    yield META.on(routes.route, path, related=related, host=leg.host, subset=subset)
