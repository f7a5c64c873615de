"""Bytes of the routes that a router fetches: a virtual host for each host of a VirtualService that a server has.

Istio: ``buildGatewayHTTPRouteConfig`` of ``pilot/pkg/networking/core/gateway.go``.
"""

from collections.abc import Iterable, Iterator

from getmesh.discovery.gateways import Bound
from getmesh.discovery.naming import covered
from getmesh.discovery.routes import Route, RouteIndex
from getmesh.discovery.routesizes import RouteSizes
from getmesh.discovery.sizes import EMPTY_HOST, ROUTES, virtual_host
from getmesh.model.objects import as_map, as_quoted_number


class ServerRoutes:
    """Works out the routes of routers."""

    def __init__(self, index: RouteIndex) -> None:
        self._index = index
        self._sizes = RouteSizes()

    def of(self, name: str, servers: Iterable[Bound], namespace: str) -> int:
        """Give the bytes of the routes of that name, which these servers share.

        Hosts with the same VirtualServices share a virtual host.
        """
        found: dict[str, list[tuple[int, int]]] = {}
        number = 0
        for bound in servers:
            number = as_quoted_number(as_map(bound.server.get("port")).get("number"))
            for host, key, size in self._hosts(bound, number, namespace):
                found.setdefault(host, []).append((key, size))
            for host in bound.hosts if as_map(bound.server.get("tls")).get("httpsRedirect") is True else ():
                found.setdefault(host.rpartition("/")[2], [])
        shared: dict[tuple[tuple[int, int], ...], list[str]] = {}
        for host, routes in found.items():
            shared.setdefault(tuple(routes), []).append(host)
        size = ROUTES + len(name)
        if not shared:
            return size + EMPTY_HOST
        for same, hosts in shared.items():
            names = sum(len(host) + 2 for host in hosts)
            size += virtual_host(f"{hosts[0]}:{number}", names) + sum(bytes_ for _, bytes_ in same)
        return size

    def _hosts(self, bound: Bound, number: int, namespace: str) -> Iterator[tuple[str, int, int]]:
        """Yield each host that a server shares with a VirtualService, which one it is, and the bytes of its routes."""
        gateway = f"{bound.gateway.namespace}/{bound.gateway.name}"
        for route in self._index.for_gateway(gateway, namespace):
            size = self._sizes.of(route, number, frozenset({gateway}), namespace)
            for host in dict.fromkeys(_shared(bound, route)) if size else ():
                yield host, id(route), size


def _shared(bound: Bound, route: Route) -> Iterator[str]:
    """Yield the narrower one of each pair of hosts that overlap."""
    for text in bound.hosts:
        where, slash, name = text.rpartition("/")
        for host in route.hosts if not slash or where == route.namespace else ():
            if covered(host, name):
                yield host
            elif covered(name, host):
                yield name
