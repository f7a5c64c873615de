"""The egress listeners of a Sidecar: which hosts of which namespaces they import.

Istio: ``convertIstioListenerToWrapper``, ``selectServices`` and ``SelectVirtualServices`` of ``pilot/pkg/model``.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from getmesh.discovery.naming import covered, overlapping
from getmesh.discovery.registry import Registry
from getmesh.discovery.routes import Route, RouteIndex
from getmesh.discovery.services import MeshService, Port
from getmesh.model.objects import as_list, as_map, as_quoted_number, as_text

ANY: Final = "*"
EXCLUDE: Final = "~"


class Hosts:
    """What a listener imports of one namespace, or of all."""

    __slots__ = ("all", "everything", "exact", "excluded", "wild")

    def __init__(self) -> None:
        self.exact: set[str] = set()
        self.wild: list[str] = []
        self.excluded: list[str] = []
        self.all: list[str] = []
        self.everything = False

    def add(self, host: str) -> None:
        """Import a host."""
        self.all.append(host)
        if host.startswith("*"):
            self.wild.append(host)
            self.everything = self.everything or host == ANY
        else:
            self.exact.add(host)

    def excludes(self, host: str) -> bool:
        """Whether a host is cut out."""
        return any(covered(host, item) for item in self.excluded)

    def takes(self, host: str) -> bool:
        """Whether a service's host is imported."""
        return self.everything or host in self.exact or any(covered(host, item) for item in self.wild)

    def takes_route(self, host: str) -> bool:
        """Whether a VirtualService's host is imported: one covers the other."""
        if self.everything or host in self.exact:
            return True
        candidates = self.all if host.startswith("*") else self.wild
        return any(overlapping(host, item) for item in candidates)


class Listener:
    """One egress listener.

    Attributes:
        namespace: of the proxies.
        port: the only port that is imported, 0 for all.
        bind: address or socket that it listens on, ``""`` if unset.
        spec: as written.
        proxies: whether the workload asks it as an HTTP proxy, for whatever host and port.
        imported: the services that it imports, with the ports that it takes of each.
        routes: the VirtualServices that it imports, each once.
        opaque_routes: those of them that route TCP or TLS.
    """

    def __init__(self, spec: Any, namespace: str) -> None:
        self.spec = as_map(spec)
        self.namespace = namespace
        port = as_map(self.spec.get("port"))
        proxied = as_text(port.get("protocol")).upper() == "HTTP_PROXY"
        self.port = 0 if proxied else as_quoted_number(port.get("number"))
        self.bind = as_text(self.spec.get("bind"))
        self.proxies = proxied
        self._hosts: dict[str, Hosts] = {}
        self._exact_only = True
        self.imported: list[tuple[MeshService, tuple[Port, ...]]] = []
        self.routes: list[Route] = []
        self.opaque_routes: list[Route] = []
        self._by_host: dict[str, list[Route]] | None = None
        for text in as_list(self.spec.get("hosts")):
            self._read(as_text(text))

    def resolve(self, registry: Registry, index: RouteIndex, *, unified: bool) -> None:
        """Find what is imported."""
        self.imported = self._services(registry, unified=unified)
        self.routes = list(self._routes(index))
        self.opaque_routes = [route for route in self.routes if route.opaque]

    def routes_of(self, host: str) -> list[Route]:
        """Give the imported VirtualServices that are for a host of a service."""
        if self._by_host is None:
            self._by_host = {}
            for route in self.routes:
                for name in route.hosts:
                    self._by_host.setdefault(ANY if name.startswith("*") else name, []).append(route)
        wild = (route for route in self._by_host.get(ANY, ()) if any(covered(host, name) for name in route.hosts))
        return [*self._by_host.get(host, ()), *wild]

    def _read(self, text: str) -> None:
        where, slash, host = text.partition("/")
        if not slash or "/" in host:
            return
        excluded = where.startswith(EXCLUDE)
        if excluded:
            where = where[1:] or ANY
        where = self.namespace if where == "." else where
        hosts = self._hosts.setdefault(where, Hosts())
        if excluded:
            hosts.excluded.append(host)
            return
        hosts.add(host)
        if host.startswith("*") or where == ANY:
            self._exact_only = False

    def trimmed(self, ports: tuple[Port, ...]) -> tuple[Port, ...]:
        """Give the imported ports of a service, none if it lacks the listener's."""
        if not self.port:
            return ports
        return next(((port,) for port in ports if port.number == self.port), ())

    def _services(self, registry: Registry, *, unified: bool) -> list[tuple[MeshService, tuple[Port, ...]]]:
        """Give the services, of one namespace for each host."""
        candidates = self._named(registry) if self._exact_only else registry.seen_from(self.namespace)
        if self._takes_all():
            taken = [(service, service.ports) for service in candidates if service.ports]
        else:
            taken = [(service, ports) for service in candidates if (ports := self._taken(service))]
        chosen: dict[str, tuple[str, bool]] = {}
        for service, _ in taken:
            held = chosen.get(service.host)
            better = unified and held is not None and service.kubernetes and not held[1] and held[0] != self.namespace
            if held is None or service.namespace == self.namespace or better:
                chosen[service.host] = (service.namespace, service.kubernetes)
        return [(service, ports) for service, ports in taken if chosen[service.host][0] == service.namespace]

    def _routes(self, index: RouteIndex) -> Iterator[Route]:
        done: set[tuple[str, str]] = set()
        for group in index.for_mesh(self.namespace):
            for route in group:
                key = (route.namespace, route.name)
                if key not in done and self._takes_route(route):
                    done.add(key)
                    yield route

    def _takes_all(self) -> bool:
        """Whether nothing is left out: ``*/*`` without port or exclusion."""
        every = self._hosts.get(ANY)
        excluding = any(hosts.excluded for hosts in self._hosts.values())
        return not self.port and every is not None and every.everything and not excluding

    def _taken(self, service: MeshService) -> tuple[Port, ...]:
        own, every = self._hosts.get(service.namespace), self._hosts.get(ANY)
        if (own and own.excludes(service.host)) or (every and every.excludes(service.host)):
            return ()
        if (own and own.takes(service.host)) or (every and every.takes(service.host)):
            return self.trimmed(service.ports)
        return ()

    def _takes_route(self, route: Route) -> bool:
        held = [hosts for key in (route.namespace, ANY) if (hosts := self._hosts.get(key))]
        return any(
            hosts.takes_route(host) and not any(other.excludes(host) for other in held)
            for hosts in held
            for host in route.hosts
        )

    def _named(self, registry: Registry) -> list[MeshService]:
        found = [
            service
            for where, hosts in self._hosts.items()
            for host in hosts.exact
            if (service := registry.by_host.get(host, {}).get(where)) and registry.is_visible(service, self.namespace)
        ]
        return sorted(found, key=lambda item: (item.created, item.name, item.namespace))


def sidecar_listeners(egress: Iterable[Any], namespace: str) -> list[Listener]:
    """Read the egress listeners of a Sidecar as they mean for proxies of a namespace."""
    return [Listener(item, namespace) for item in egress]
