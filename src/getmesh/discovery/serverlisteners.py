"""The listeners of a router, with the filter chains that its servers and their VirtualServices make.

Istio: ``buildGatewayListeners`` of ``pilot/pkg/networking/core/gateway.go``. A listener without any chain is not sent.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from getmesh.discovery.gateways import AUTO_PASSTHROUGH, Bound, Served
from getmesh.discovery.listeners import WILDCARD, Key
from getmesh.discovery.naming import covered, gateway_name, overlapping
from getmesh.discovery.routes import Route, RouteIndex
from getmesh.discovery.rules import choose
from getmesh.discovery.scope import Scope
from getmesh.discovery.serverports import Place, ServerPorts, route_name
from getmesh.discovery.services import HTTP_LIKE
from getmesh.model.objects import as_list, as_map, as_quoted_number, as_text

PRIVILEGED: Final = 1024


class ServerChain(NamedTuple):
    """One filter chain.

    Attributes:
        bound: a server that it is for.
        route: name of the routes that it fetches, ``""`` if it speaks TCP.
        names: server names that it is for.
        targets: names of the clusters that it leads to.
    """

    bound: Bound
    route: str = ""
    names: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def ends_tls(self) -> bool:
        """Whether it ends TLS."""
        return self.bound.secure and not self.bound.passes

    @property
    def passes_any(self) -> bool:
        """Whether it is one of those for every service in the mesh."""
        return self.bound.tls_mode == AUTO_PASSTHROUGH


class ServerListeners:
    """The listeners of one router.

    Args:
        served: its servers.
        routes: VirtualServices.
        scope: what it imports.
        labels: of its workload.
        unprivileged: whether it may not listen on ports below 1024.

    Attributes:
        found: filter chains by address and port.
        routes: servers by the name of the routes that some chain fetches.
    """

    def __init__(
        self, served: Served, routes: RouteIndex, scope: Scope, labels: Mapping[str, str], *, unprivileged: bool
    ) -> None:
        self._index = routes
        self._scope = scope
        self._labels = labels
        self._sniffed: dict[tuple[int, str], set[str]] = {}
        self.found: dict[Key, list[ServerChain]] = {}
        ports = ServerPorts()
        for bound in served.servers:
            ports.add(bound)
        for place, servers in ports.servers.items():
            if not unprivileged or place.number >= PRIVILEGED:
                for chain in self._chains(place, servers):
                    self.found.setdefault((place.bind or WILDCARD, place.number), []).append(chain)
        fetched = {chain.route for chains in self.found.values() for chain in chains}
        self.routes = {name: held for name, held in ports.routes.items() if name in fetched}

    def _chains(self, place: Place, servers: list[Bound]) -> Iterator[ServerChain]:
        if servers[0].protocol in HTTP_LIKE:
            yield ServerChain(servers[-1], route_name(servers[0]))
            return
        for bound in servers:
            names = tuple(sorted({host.rpartition("/")[2] for host in bound.hosts})) if bound.tls_mode else ()
            if bound.http:
                yield ServerChain(bound, route_name(bound), names)
            elif bound.tls_mode == AUTO_PASSTHROUGH:
                yield from self._every_service(bound, names)
            elif bound.passes:
                yield from self._by_server_name(bound, place)
            elif targets := self._opaque(bound):
                yield ServerChain(bound, "", names, targets)

    def _every_service(self, bound: Bound, hosts: tuple[str, ...]) -> Iterator[ServerChain]:
        """Yield a chain for each service in the mesh, its ports and subsets."""
        for host, item in self._scope.services.items():
            if item.service.external or not any(covered(host, name) for name in hosts):
                continue
            rule = choose(self._scope.rules.get(host, ()), self._scope.namespace, self._labels, outbound=True)
            subsets = ["", *(as_text(subset.get("name")) for subset in (rule.subsets if rule else ()))]
            for port in item.ports:
                for subset in subsets if port.protocol != "UDP" else ():
                    cluster = f"outbound_.{port.number}_.{subset}_.{host}"
                    yield ServerChain(bound, "", (cluster,), (cluster,))

    def _opaque(self, bound: Bound) -> tuple[str, ...]:
        """Give where the first fitting TCP route leads to."""
        for route in self._routes(bound):
            for item in map(as_map, as_list(route.source.spec.get("tcp"))):
                matches = [as_map(match) for match in as_list(item.get("match"))]
                if as_list(item.get("route")) and (not matches or any(_fits(match, bound, route) for match in matches)):
                    return _targets(route, item, bound)
        return ()

    def _by_server_name(self, bound: Bound, place: Place) -> Iterator[ServerChain]:
        """Yield a chain for each match of a TLS route; a name that an earlier one took makes it be left out."""
        taken = self._sniffed.setdefault((place.number, bound.bind), set())
        for route in self._routes(bound):
            for item in map(as_map, as_list(route.source.spec.get("tls"))):
                for match in map(as_map, as_list(item.get("match"))):
                    names = tuple(map(as_text, as_list(match.get("sniHosts"))))
                    if as_list(item.get("route")) and _fits(match, bound, route) and not taken & set(names):
                        taken |= set(names)
                        yield ServerChain(bound, "", names, _targets(route, item, bound))

    def _routes(self, bound: Bound) -> Iterator[Route]:
        """Yield the VirtualServices of a server's Gateway that have one of its hosts."""
        for route in self._index.for_gateway(f"{bound.gateway.namespace}/{bound.gateway.name}", self._scope.namespace):
            if any(shares(bound, host, route.namespace) for host in route.hosts):
                yield route


def shares(bound: Bound, host: str, namespace: str) -> bool:
    """Whether a server has a host of a VirtualService of that namespace."""
    for text in bound.hosts:
        where, slash, name = text.rpartition("/")
        if (not slash or where == namespace) and overlapping(name, host):
            return True
    return False


def _fits(match: Mapping[str, Any], bound: Bound, route: Route) -> bool:
    gateways = [gateway_name(as_text(name), route.namespace) for name in as_list(match.get("gateways"))]
    name = f"{bound.gateway.namespace}/{bound.gateway.name}"
    port = as_quoted_number(as_map(bound.server.get("port")).get("number"))
    return (not gateways or name in gateways) and as_quoted_number(match.get("port")) in (0, port)


def _targets(route: Route, item: Mapping[str, Any], bound: Bound) -> tuple[str, ...]:
    port = as_quoted_number(as_map(bound.server.get("port")).get("number"))
    return tuple(route.cluster_of(as_map(as_map(leg).get("destination")), port) for leg in as_list(item.get("route")))
