"""Bytes of the routes that a sidecar fetches: a virtual host for each service and each host of a VirtualService.

Istio: ``BuildSidecarOutboundVirtualHosts`` of ``pilot/pkg/networking/core/httproute.go``.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from getmesh.discovery.imports import Listener
from getmesh.discovery.listeners import UNIX, WILDCARD, address_of
from getmesh.discovery.naming import overlapping
from getmesh.discovery.routes import MESH, Route
from getmesh.discovery.routesizes import RouteSizes
from getmesh.discovery.services import HTTP_LIKE, UNSUPPORTED, MeshService, Port, Resolution
from getmesh.discovery.sizes import CATCH_ALL_HOST, ROUTES, virtual_host
from getmesh.model.objects import as_quoted_number, as_text

PLAIN_PORT: Final = 80
"""The one port where hosts of VirtualServices count that no service has."""

_Found = dict[str, tuple[MeshService, Port]]
_USUAL_NAMES: Final = 6
"""How many names a service has, with its address."""
_GATEWAYS: Final = frozenset({MESH})


class VirtualHosts:
    """Works out routes; what depends on a service or a VirtualService alone is worked out once."""

    def __init__(self, services: Iterable[MeshService], domain: str) -> None:
        self._suffix = f".svc.{domain}"
        self._aliases: dict[str, list[MeshService]] = {}
        for service in services:
            if service.resolution is Resolution.ALIAS:
                meant = as_text(service.source.spec.get("externalName"))
                self._aliases.setdefault(meant, []).append(service)
        self._sizes = RouteSizes()
        self._hosts: dict[tuple[int, int, bool], int] = {}
        self._plain: dict[tuple[int, int, bool], int] = {}
        self._defaults: dict[tuple[int, int], int] = {}
        self._last: tuple[Listener, dict[int, _Found]] | None = None

    def of(self, listeners: list[Listener], name: str) -> int:
        """Give the bytes of routes by their name: a port, a socket, or ``HOST:PORT`` where protocols are found out."""
        host, colon, text = name.rpartition(":")
        number = int(text) if text.isdecimal() and not name.startswith(UNIX) else 0
        listener = egress_for(listeners, number, name)
        services = self._services(listener)
        if colon and number:
            found = services.get(number, {}).get(host)
            return ROUTES + len(name) + (self._sniffed(listener, number, found[0]) if found else 0)
        size = ROUTES + len(name) + CATCH_ALL_HOST
        if number and not listener.proxies:
            return size + sum(self._bytes(listener, number, services.get(number, {}), asked=number))
        for one, held in services.items():
            # Names are followed by the port here.
            served = sum(_speaks_http(port) for _, port in held.values())
            size += sum(self._bytes(listener, one, held, asked=0)) + served * _USUAL_NAMES * len(f":{one}")
        return size

    def _services(self, listener: Listener) -> dict[int, _Found]:
        """Give the services of a listener by port and host."""
        if self._last is None or self._last[0] is not listener:
            found: dict[int, _Found] = {}
            for service, ports in listener.imported:
                for port in ports:
                    found.setdefault(port.number, {})[service.host] = (service, port)
            self._last = listener, found
        return self._last[1]

    def _sniffed(self, listener: Listener, number: int, service: MeshService) -> int:
        """Give the bytes of the virtual host of one service, which takes every name."""
        routes = listener.routes_of(service.host)
        sizes = (self._sizes.of(route, number, _GATEWAYS, listener.namespace) for route in routes)
        size = next(filter(None, sizes), 0) or self._default(service, number)
        return virtual_host(f"{service.host}:{number}", len("*") + 2) + size

    def _bytes(self, listener: Listener, number: int, services: _Found, *, asked: int) -> Iterator[int]:
        """Yield the bytes of each virtual host: those of VirtualServices, then those of the other services.

        Args:
            listener: what is imported.
            number: of the services' port.
            services: by host.
            asked: port of the listener, 0 for an HTTP proxy, where hosts that no service has do not count.
        """
        plain = asked == PLAIN_PORT
        taken: set[str] = set()
        for route in listener.routes:
            matching = _matching(route, services)
            if not matching and not plain:
                continue
            size = self._sizes.of(route, number, _GATEWAYS, listener.namespace)
            fitting = [host for host in matching if host not in taken and _speaks_http(services[host][1])]
            if not size or not (fitting or plain):
                continue
            others = [host for host in route.hosts if host not in taken and host not in services]
            taken.update(fitting, others)
            for host in others if asked else ():
                if not host.startswith("*") or not matching:
                    yield virtual_host(f"{host}:{number}", len(host) + 2) + size
            for host in fitting:
                yield self._names(services[host][0], number, listener) + size
        for host, (service, port) in services.items():
            if host not in taken:
                key = (id(service), number, service.namespace == listener.namespace)
                found = self._plain.get(key)
                if found is None:
                    served = _speaks_http(port) and service.resolution is not Resolution.ALIAS
                    found = self._names(service, number, listener) + self._default(service, number) if served else 0
                    self._plain[key] = found
                yield found

    def _default(self, service: MeshService, number: int) -> int:
        """Give the bytes of the one route of a service without VirtualService."""
        found = self._defaults.get((id(service), number))
        if found is None:
            found = self._defaults[id(service), number] = self._sizes.default(service.host, number)
        return found

    def _names(self, service: MeshService, number: int, listener: Listener) -> int:
        """Give the bytes of a service's virtual host without routes."""
        near = service.namespace == listener.namespace
        found = self._hosts.get((id(service), number, near))
        if found is None:
            size = sum(len(name) + 2 for name in _domains(service, self._suffix, near=near))
            for alias in self._aliases.get(service.host, ()):
                own = alias.namespace == listener.namespace
                size += sum(len(name) + 2 for name in _called(alias.host, self._suffix, near=own))
            found = self._hosts[id(service), number, near] = virtual_host(f"{service.host}:{number}", size)
        return found


def egress_for(listeners: list[Listener], number: int, bind: str) -> Listener:
    """Give the egress listener whose services routes are made of: that of the port or socket, else the last one."""
    for listener in listeners:
        port = listener.spec.get("port")
        if not isinstance(port, dict):
            return listener
        if as_quoted_number(port.get("number")) == number and (number or listener.bind == bind):
            return listener
    return listeners[-1]


def _domains(service: MeshService, suffix: str, *, near: bool) -> Iterator[str]:
    """Yield the names by which a service is called from its own namespace or from others, and its address."""
    for name in _called(service.host, suffix, near=near):
        yield name
        if service.kubernetes and service.resolution is Resolution.PASSTHROUGH:
            yield f"*.{name}"
    if address_of(service) != WILDCARD:
        yield service.address


def _called(host: str, suffix: str, *, near: bool) -> Iterator[str]:
    """Yield a host and what it is called for short."""
    yield from (host, f"{host}.")
    if host.endswith(suffix):
        short = host.removesuffix(suffix)
        yield from (short, f"{short}.svc")
        if near:
            yield short.partition(".")[0]


def _matching(route: Route, services: _Found) -> list[str]:
    """Give the hosts of services that a VirtualService is for."""
    found = [host for host in route.hosts if host in services]
    for wild in (host for host in route.hosts if host.startswith("*")):
        found += [host for host in services if overlapping(wild, host)]
    return list(dict.fromkeys(found))


def _speaks_http(port: Port) -> bool:
    return port.protocol in HTTP_LIKE or port.protocol == UNSUPPORTED
