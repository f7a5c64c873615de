"""What a proxy imports: which Sidecar applies, which services with which ports, which DestinationRules.

Istio: ``pilot/pkg/model/sidecar.go`` and ``doGetSidecarScope``.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from getmesh.discovery.flags import Flags
from getmesh.discovery.imports import Listener, sidecar_listeners
from getmesh.discovery.registry import Registry
from getmesh.discovery.routes import ALL_PORTS, Route, RouteIndex
from getmesh.discovery.rules import Rule, RuleIndex
from getmesh.discovery.services import MeshService, Port, created
from getmesh.model.objects import Object, as_list, as_map, as_strings
from getmesh.model.selectors import matches

EVERYTHING: Final[Mapping[str, Any]] = {"hosts": ["*/*"]}


class Imported(NamedTuple):
    """A service with the ports that are imported of it."""

    service: MeshService
    ports: tuple[Port, ...]


class Scope:
    """What the proxies of one namespace that share a Sidecar import.

    Attributes:
        namespace: of the proxies.
        sidecar: the object that shapes it, None for everything.
        services: by host, in order of import.
        listeners: the egress listeners that were imported by, none for gateways.
        rules: DestinationRules by host.
        selective: whether some of them are for certain workloads only.
    """

    def __init__(self, namespace: str, sidecar: Object | None) -> None:
        self.namespace = namespace
        self.sidecar = sidecar
        self.services: dict[str, Imported] = {}
        self.listeners: list[Listener] = []
        self.rules: dict[str, tuple[Rule, ...]] = {}
        self.selective = False

    @property
    def ingress(self) -> list[Any]:
        """The ingress listeners of the Sidecar."""
        return as_list(self.sidecar.spec.get("ingress")) if self.sidecar else []

    def add(self, item: Imported | None) -> None:
        """Import a service; of several with one host, Kubernetes' wins, and parts of one service are joined."""
        if item is None:
            return
        host = item.service.host
        held = self.services.get(host)
        if held is None or (item.service.kubernetes and not held.service.kubernetes):
            self.services[host] = item
        elif held.ports != item.ports and joinable(held.service, item.service):
            numbers = {port.number for port in held.ports}
            extra = tuple(port for port in item.ports if port.number not in numbers)
            self.services[host] = Imported(held.service, (*held.ports, *extra))

    def find_rules(self, index: RuleIndex) -> None:
        """Look up the DestinationRules of every imported service."""
        for host, item in self.services.items():
            found = index.of(self.namespace, host, item.service.namespace)
            if found:
                self.rules[host] = found
                self.selective = self.selective or any(rule.selector is not None for rule in found)


def joinable(one: MeshService, other: MeshService) -> bool:
    """Whether two services of a host can be joined."""
    return one is other or (
        one.kubernetes == other.kubernetes
        and one.namespace == other.namespace
        and one.resolution is other.resolution
        and dict(one.labels) == dict(other.labels)
        and dict(one.selector or {}) == dict(other.selector or {})
        and one.export_to == other.export_to
    )


class Scopes:
    """Scopes by namespace and Sidecar, each computed once."""

    def __init__(
        self,
        registry: Registry,
        routes: RouteIndex,
        rules: RuleIndex,
        sidecars: Iterable[Object],
        *,
        root: str,
        flags: Flags,
    ) -> None:
        self._registry = registry
        self._routes = routes
        self._rules = rules
        self._flags = flags
        ordered = ranked(sidecars)
        self._by_namespace: dict[str, list[Object]] = {}
        for obj in ordered:
            self._by_namespace.setdefault(obj.namespace, []).append(obj)
        self._root = next((obj for obj in ordered if obj.namespace == root and not has_selector(obj)), None)
        self._scopes: dict[tuple[str, str, tuple[str, str] | None], Scope] = {}

    def of_sidecar(self, namespace: str, labels: Mapping[str, str]) -> Scope:
        """Give the scope of a sidecar with these labels."""
        sidecar = self.sidecar_for(namespace, labels)
        key = ("sidecar", namespace, (sidecar.namespace, sidecar.name) if sidecar else None)
        found = self._scopes.get(key)
        if found is None:
            found = self._scopes[key] = self._sidecar_scope(namespace, sidecar)
        return found

    def of_gateway(self, namespace: str) -> Scope:
        """Give the scope of gateways of a namespace: everything that is exported to it."""
        key = ("router", namespace, None)
        found = self._scopes.get(key)
        if found is None:
            found = self._scopes[key] = Scope(namespace, None)
            for service in self._registry.seen_from(namespace):
                found.add(Imported(service, service.ports))
            found.find_rules(self._rules)
        return found

    def sidecar_for(self, namespace: str, labels: Mapping[str, str]) -> Object | None:
        """Give the Sidecar that applies to a workload: by selector, else its namespace's, else the root's."""
        for obj in self._by_namespace.get(namespace, ()):
            if not has_selector(obj) or matches(selector_of(obj), labels):
                return obj
        return self._root

    def _sidecar_scope(self, namespace: str, sidecar: Object | None) -> Scope:
        scope = Scope(namespace, sidecar)
        egress = as_list(sidecar.spec.get("egress")) if sidecar else []
        for listener in sidecar_listeners(egress or [EVERYTHING], namespace):
            scope.listeners.append(listener)
            listener.resolve(self._registry, self._routes, unified=self._flags.unified_scope)
            for service, ports in listener.imported:
                scope.add(Imported(service, ports))
            for route in listener.routes:
                for item in self._implied(route, listener, namespace):
                    scope.add(item)
        scope.find_rules(self._rules)
        return scope

    def _implied(self, route: Route, listener: Listener, namespace: str) -> Iterator[Imported]:
        """Yield the services that a VirtualService leads to."""
        for host, numbers in route.destinations(namespace).items():
            held = self._registry.by_host.get(host)
            if not held:
                continue
            service = held.get(namespace) or self._best(held, namespace)
            if service is None:
                continue
            ports = service.ports
            if listener.port:
                ports = listener.trimmed(service.ports)
            elif numbers and ALL_PORTS not in numbers:
                ports = tuple(port for port in service.ports if port.number in numbers)
            if ports:
                yield Imported(service, ports)

    def _best(self, held: Mapping[str, MeshService], namespace: str) -> MeshService | None:
        """Give the service that a route means among those of other namespaces."""
        seen = [held[key] for key in sorted(held) if self._registry.is_visible(held[key], namespace)]
        if not seen:
            return None
        if not self._flags.best_namespace:
            return seen[0]
        return next((item for item in seen if item.kubernetes), None) or min(seen, key=lambda item: item.created)


def ranked(sidecars: Iterable[Object]) -> list[Object]:
    """Sort Sidecars as istiod looks through them: those with a workload selector first, then by age and name."""
    return sorted(sidecars, key=lambda obj: (not has_selector(obj), _age(obj)))


def has_selector(obj: Object) -> bool:
    """Whether a Sidecar has a workload selector; an empty one fits every workload."""
    return isinstance(obj.spec.get("workloadSelector"), dict)


def selector_of(obj: Object) -> Mapping[str, str]:
    """Give the labels that a Sidecar's workload selector asks for."""
    return as_strings(as_map(obj.spec.get("workloadSelector")).get("labels"))


def _age(obj: Object) -> tuple[str, str, str]:
    return created(obj), obj.name, obj.namespace
