"""Route lists of VirtualServices with their destinations, hosts read as Kiali reads them.

Mirrors, delegates and redirects are no destinations here: none of Kiali's checks looks at them.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Final, NamedTuple

from getmesh.model.kiali_hosts import KialiHost, KialiHosts
from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers, ViewerSet

PROTOCOLS: Final = ("http", "tcp", "tls")


class Leg(NamedTuple):
    """One weighted destination of a route.

    Attributes:
        path: of the leg: ``spec.http[0].route[1]``.
        weight: as written, None if absent.
        host: of its destination, ``""`` if there is none.
        subset: of its destination.
        target: the host as Kiali reads it, None without one.
        complete: whether it has a destination at all.
    """

    path: Path
    weight: Any
    host: str
    subset: str
    target: KialiHost | None
    complete: bool


class RouteSet(NamedTuple):
    """A VirtualService that some viewer sees.

    Attributes:
        route: the VirtualService.
        seen: who sees it.
        lists: for each http, tcp and tls route the legs of its list, null ones left out.
    """

    route: Object
    seen: ViewerSet
    lists: tuple[tuple[Leg, ...], ...]


class KialiRoutes:
    """Every VirtualService that Kiali judges, walked once.

    Attributes:
        all: sorted by namespace and name.
    """

    READS: ClassVar[frozenset[str]] = Viewers.READS | {"VirtualService"}

    def __init__(self, snapshot: Snapshot) -> None:
        viewers = snapshot.service(Viewers)
        hosts = snapshot.service(KialiHosts)
        self.all = tuple(
            RouteSet(route, seen, tuple(_lists(route, hosts)))
            for route in viewers.objects("VirtualService")
            if (seen := viewers.seen(route))
        )

    def legs(self) -> Iterator[tuple[RouteSet, Leg]]:
        """Yield every leg that names a host."""
        for routes in self.all:
            for legs in routes.lists:
                for leg in legs:
                    if leg.host:
                        yield routes, leg


def _lists(route: Object, hosts: KialiHosts) -> Iterator[tuple[Leg, ...]]:
    for protocol in PROTOCOLS:
        for index, item in enumerate(as_list(route.spec.get(protocol))):
            path = ("spec", protocol, index, "route")
            legs = as_list(as_map(item).get("route"))
            yield tuple(_leg(route, (*path, place), leg, hosts) for place, leg in enumerate(legs) if leg is not None)


def _leg(route: Object, path: Path, leg: Any, hosts: KialiHosts) -> Leg:
    value = as_map(leg)
    destination = value.get("destination")
    host = as_text(as_map(destination).get("host"))
    target = hosts.resolve(host, route.namespace) if host else None
    subset = as_text(as_map(destination).get("subset"))
    return Leg(path, value.get("weight"), host, subset, target, isinstance(destination, dict))
