"""Bytes of the HTTP routes that come of VirtualServices, and of those that services have without any.

Istio: ``BuildHTTPRoutesForVirtualService`` of ``pilot/pkg/networking/core/route``. Source labels are taken to fit.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from getmesh.discovery.naming import gateway_name
from getmesh.discovery.routes import MESH, Route
from getmesh.model.objects import as_list, as_map, as_quoted_number, as_text

DEFAULT_ROUTE: Final = 240
"""The route of a service without VirtualService, beside the name of its cluster and its operation."""
_ROUTE: Final = 315
_RETRY_ON: Final = 73
_LEG: Final = 6
_MIRROR: Final = 20
_MATCH: Final = 6
_MATCHED: Final = ("uri", "scheme", "method", "authority", "headers", "withoutHeaders", "queryParams")
_EXTRAS: Final = {
    "rewrite": 0, "redirect": 10, "directResponse": 10, "headers": 10, "fault": 110, "corsPolicy": 130,
}  # fmt: skip


class RouteSizes:
    """Works out routes, each once for each port and kind of viewer."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, frozenset[str], str], int] = {}

    def of(self, route: Route, number: int, gateways: frozenset[str], namespace: str) -> int:
        """Give the bytes of a VirtualService's routes on a port, 0 if none of them counts there.

        Args:
            route: the VirtualService.
            number: port of the listener.
            gateways: those that the viewer stands for.
            namespace: of the viewer.
        """
        key = (id(route), number, gateways, namespace if route.picky else "")
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = sum(_sizes(route, number, gateways, namespace))
        return found

    def default(self, host: str, number: int) -> int:
        """Give the bytes of the one route that a service has without VirtualService."""
        return DEFAULT_ROUTE + len(f"outbound|{number}||{host}") + len(f"{host}:{number}/*")


def _sizes(route: Route, number: int, gateways: frozenset[str], namespace: str) -> Iterator[int]:
    """Yield the bytes of each route until one takes everything that is left."""
    for item in route.http:
        matches = [as_map(match) for match in as_list(item.get("match"))]
        size = _action(route, item, number)
        if not matches:
            yield size
            return
        for match in matches:
            if _applies(match, route, number, gateways, namespace):
                yield size + sum(_MATCH + _texts(match[key]) for key in _MATCHED if match.get(key))
                if _takes_all(match):
                    return


def _action(route: Route, item: Mapping[str, Any], number: int) -> int:
    """Give the bytes of what a route does, whatever it matches."""
    legs = [as_map(leg) for leg in as_list(item.get("route"))]
    size = _ROUTE + len(route.name) + len(route.namespace) + len(as_text(item.get("name")))
    for leg in legs:
        cluster = route.cluster_of(as_map(leg.get("destination")), number)
        size += len(cluster) + (_LEG if len(legs) > 1 else 0) + _texts(leg.get("headers"))
    mirrors = [as_map(as_map(mirror).get("destination")) for mirror in as_list(item.get("mirrors"))]
    for mirror in (as_map(item.get("mirror")), *mirrors):
        size += _MIRROR + len(route.cluster_of(mirror, number)) if mirror else 0
    wanted = as_text(as_map(item.get("retries")).get("retryOn"))
    size += len(wanted) - _RETRY_ON if wanted else 0
    if len(legs) == 1:
        size += len(route.cluster_of(as_map(legs[0].get("destination")), number).rpartition("|")[2])
    return size + sum(extra + _texts(item[key]) for key, extra in _EXTRAS.items() if item.get(key))


def _texts(value: Any) -> int:
    """Give the bytes of every text in a value, with a few for each of its fields."""
    if isinstance(value, dict):
        return sum(_texts(held) + (0 if isinstance(held, dict) else 2) for held in value.values())
    if isinstance(value, list):
        return sum(map(_texts, value))
    return len(str(value)) + 2


def _applies(match: Mapping[str, Any], route: Route, number: int, gateways: frozenset[str], namespace: str) -> bool:
    """Whether a match is for a viewer and a port."""
    if as_quoted_number(match.get("port")) not in (0, number):
        return False
    named = [as_text(name) for name in as_list(match.get("gateways"))]
    if named:
        return any((name if name == MESH else gateway_name(name, route.namespace)) in gateways for name in named)
    return as_text(match.get("sourceNamespace")) in ("", namespace)


def _takes_all(match: Mapping[str, Any]) -> bool:
    """Whether a match lets everything through: any path, and nothing else asked for."""
    uri = as_map(match.get("uri"))
    every = not uri or uri.get("prefix") == "/" or uri.get("regex") == "*"
    return every and not any(match.get(key) for key in _MATCHED if key != "uri")
