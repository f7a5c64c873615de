"""VirtualServices as istiod holds them: names completed, delegates merged in, found by who sees them.

Istio: ``pilot/pkg/model/virtualservice.go`` and ``virtualservice_controller.go``, ``initVirtualServices``.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from getmesh.discovery.naming import NOBODY, PRIVATE, PUBLIC, complete, exports, gateway_name
from getmesh.discovery.services import created
from getmesh.model.objects import Object, as_list, as_map, as_quoted_number, as_strings, as_text

MESH: Final = "mesh"
ALL_PORTS: Final = 0
_TEXTS: Final = ("uri", "scheme", "method", "authority")
_MAPS: Final = ("headers", "withoutHeaders", "queryParams")

Destinations = dict[str, set[int]]


class Route:
    """One VirtualService that is no delegate.

    Attributes:
        source: the object.
        namespace, name: of the object.
        hosts: full names.
        http: HTTP routes, delegates in their place.
        picky: whether some HTTP match is for certain source namespaces only.
        gateways: ``mesh`` or ``namespace/name``.
        export_to: namespaces, ``*`` or ``~``; its own namespace by name.
    """

    __slots__ = (
        "_destinations",
        "_domain",
        "export_to",
        "gateways",
        "hosts",
        "http",
        "name",
        "namespace",
        "picky",
        "source",
    )

    def __init__(self, source: Object, domain: str, http: list[Mapping[str, Any]], export_to: frozenset[str]) -> None:
        self.source = source
        self.namespace = source.namespace
        self.name = source.name
        self.export_to = export_to
        self._domain = domain
        self._destinations: Destinations | None = None
        self.http = http
        matches = (as_map(match) for route in http for match in as_list(route.get("match")))
        self.picky = any(match.get("sourceNamespace") for match in matches)
        self.hosts = tuple(
            complete(as_text(host), source.namespace, domain) for host in as_list(source.spec.get("hosts"))
        )
        names = [as_text(item) for item in as_list(source.spec.get("gateways"))] or [MESH]
        self.gateways = tuple(name if name == MESH else gateway_name(name, source.namespace) for name in names)

    def destinations(self, viewer: str = "") -> Destinations:
        """Give the ports that are routed to, by host; 0 stands for all.

        Routes that match other source namespaces only are left out for a viewer.
        """
        if not self.picky:
            self._destinations = self._destinations or self._found("")
            return self._destinations
        return self._found(viewer)

    def _found(self, viewer: str) -> Destinations:
        found: Destinations = {}
        for route in self.http:
            if viewer and not _from_namespace(route, viewer):
                continue
            self._add(found, _http_targets(route), as_text(route.get("@namespace")) or self.namespace)
        for key in ("tcp", "tls"):
            for route in map(as_map, as_list(self.source.spec.get(key))):
                self._add(found, _legs(route), self.namespace)
        return found

    @property
    def full_name(self) -> str:
        """``name.namespace``."""
        return f"{self.name}.{self.namespace}"

    @property
    def opaque(self) -> bool:
        """Whether it routes TCP or TLS."""
        return bool(self.source.spec.get("tcp") or self.source.spec.get("tls"))

    def is_seen_from(self, namespace: str) -> bool:
        """Whether it is exported to a namespace."""
        return PUBLIC in self.export_to or (NOBODY not in self.export_to and namespace in self.export_to)

    def cluster_of(self, target: Mapping[str, Any], number: int) -> str:
        """Give the name of the cluster that a destination means on a listener of that port."""
        host = complete(as_text(target.get("host")), self.namespace, self._domain)
        port = as_quoted_number(as_map(target.get("port")).get("number")) or number
        return f"outbound|{port}|{as_text(target.get('subset'))}|{host}"

    def _add(self, found: Destinations, targets: Iterable[Mapping[str, Any]], namespace: str) -> None:
        for target in targets:
            host = complete(as_text(target.get("host")), namespace, self._domain)
            port = target.get("port")
            number = as_quoted_number(port.get("number")) if isinstance(port, dict) else ALL_PORTS
            found.setdefault(host, set()).add(number)


class RouteIndex:
    """All VirtualServices, oldest first.

    Args:
        objects: VirtualServices that istiod uses.
        domain: DNS suffix of the cluster.
        default: who sees those without ``exportTo``.
    """

    def __init__(self, objects: Iterable[Object], domain: str, default: frozenset[str]) -> None:
        ordered = sorted(objects, key=_age)
        self._default = default
        self._delegates = {(obj.namespace, obj.name): obj for obj in ordered if not as_list(obj.spec.get("hosts"))}
        self.routes = [
            Route(obj, domain, self._merged(obj), self._exported(obj))
            for obj in ordered
            if as_list(obj.spec.get("hosts"))
        ]
        self._public: list[Route] = []
        self._private: dict[str, list[Route]] = {}
        self._shared: dict[str, list[Route]] = {}
        for route in self.routes:
            if MESH in route.gateways:
                self._index(route)
        self._by_gateway: dict[str, list[Route]] | None = None

    def for_mesh(self, namespace: str) -> list[list[Route]]:
        """Give the mesh's routes that a namespace sees: its private ones, those exported to it, public ones."""
        return [self._private.get(namespace, []), self._shared.get(namespace, []), self._public]

    def for_gateway(self, gateway: str, namespace: str) -> list[Route]:
        """Give a gateway's routes that a namespace sees, in the order of `for_mesh`."""
        seen = [route for route in self._of_gateway(gateway) if route.is_seen_from(namespace)]
        return sorted(seen, key=lambda route: (PUBLIC in route.export_to, route.namespace != namespace))

    def hosts_behind(self, gateway: str, viewer: str = "") -> set[str]:
        """Give the hosts that routes of a gateway (``namespace/name``) lead to, as a namespace sees them."""
        return {host for route in self._of_gateway(gateway) for host in route.destinations(viewer)}

    def _of_gateway(self, gateway: str) -> list[Route]:
        if self._by_gateway is None:
            self._by_gateway = {}
            for route in self.routes:
                for name in route.gateways:
                    if name != MESH:
                        self._by_gateway.setdefault(name, []).append(route)
        return self._by_gateway.get(gateway, [])

    def _index(self, route: Route) -> None:
        if PUBLIC in route.export_to:
            self._public.append(route)
        elif NOBODY not in route.export_to:
            for namespace in route.export_to:
                group = self._private if namespace == route.namespace else self._shared
                group.setdefault(namespace, []).append(route)

    def _exported(self, obj: Object) -> frozenset[str]:
        declared = exports(obj.spec.get("exportTo")) or self._default
        return frozenset(obj.namespace if entry == PRIVATE else entry for entry in declared)

    def _merged(self, obj: Object) -> list[Mapping[str, Any]]:
        """Give the http routes with delegates put in their place."""
        found: list[Mapping[str, Any]] = []
        for route in map(as_map, as_list(obj.spec.get("http"))):
            delegate = route.get("delegate")
            if not isinstance(delegate, dict):
                found.append(route)
                continue
            where = as_text(delegate.get("namespace")) or obj.namespace
            target = self._delegates.get((where, as_text(delegate.get("name"))))
            if target is not None and {PUBLIC, obj.namespace} & self._exported(target):
                found += _delegated(route, target, obj.namespace)
        return found


def _delegated(root: Mapping[str, Any], target: Object, root_namespace: str) -> Iterator[Mapping[str, Any]]:
    """Yield a delegate's routes as they become with what the root adds; conflicting ones are dropped."""
    for leaf in map(as_map, as_list(target.spec.get("http"))):
        matches = _merged_matches(as_list(root.get("match")), as_list(leaf.get("match")))
        if matches is None:
            continue
        yield {"route": leaf.get("route"), "match": matches, "@namespace": target.namespace, **_own_mirrors(leaf)}
        inherited = {key: root[key] for key in ("mirror", "mirrors") if not leaf.get(key) and root.get(key)}
        if inherited:
            yield {"match": matches, "@namespace": root_namespace, **inherited}


def _own_mirrors(leaf: Mapping[str, Any]) -> dict[str, Any]:
    return {key: leaf[key] for key in ("mirror", "mirrors") if leaf.get(key)}


def _merged_matches(roots: list[Any], leaves: list[Any]) -> list[Mapping[str, Any]] | None:
    if not roots or not leaves:
        return [as_map(item) for item in (leaves or roots)]
    merged: list[Mapping[str, Any]] = []
    for leaf in map(as_map, leaves):
        fitting = [root for root in map(as_map, roots) if not conflicting(root, leaf)]
        if not fitting:
            return None
        merged += [
            {**leaf, "sourceNamespace": leaf.get("sourceNamespace") or root.get("sourceNamespace")} for root in fitting
        ]
    return merged


def conflicting(root: Mapping[str, Any], leaf: Mapping[str, Any]) -> bool:
    """Whether a delegate's match is not within its root's."""
    if any(_text_conflict(root.get(key), leaf.get(key)) for key in _TEXTS):
        return True
    for key in _MAPS:
        held = as_map(root.get(key))
        if any(_text_conflict(held.get(name), value) for name, value in as_map(leaf.get(key)).items()):
            return True
    ports = as_quoted_number(root.get("port")), as_quoted_number(leaf.get("port"))
    source = as_text(root.get("sourceNamespace"))
    labels = as_strings(root.get("sourceLabels"))
    outer, inner = as_list(root.get("gateways")), as_list(leaf.get("gateways"))
    return (
        bool(root.get("ignoreUriCase")) != bool(leaf.get("ignoreUriCase"))
        or (all(ports) and ports[0] != ports[1])
        or (bool(source) and as_text(leaf.get("sourceNamespace")) != source)
        or any(labels.get(key, value) != value for key, value in as_strings(leaf.get("sourceLabels")).items())
        or (bool(outer and inner) and (len(outer) < len(inner) or not set(map(str, inner)) <= set(map(str, outer))))
    )


def _text_conflict(root: Any, leaf: Any) -> bool:
    if not isinstance(root, dict) or not isinstance(leaf, dict):
        return False
    outer = {key: as_text(root.get(key)) for key in ("exact", "prefix", "regex")}
    inner = {key: as_text(leaf.get(key)) for key in ("exact", "prefix", "regex")}
    if (outer["regex"] and any(inner.values())) or (inner["regex"] and any(outer.values())):
        return True
    if outer["exact"]:
        return bool(inner["prefix"]) or inner["exact"] != outer["exact"]
    held = inner["prefix"] or inner["exact"]
    if outer["prefix"] and held:
        return not held.startswith(outer["prefix"])
    return True


def _from_namespace(route: Mapping[str, Any], viewer: str) -> bool:
    fits = True
    for match in map(as_map, as_list(route.get("match"))):
        source = as_text(match.get("sourceNamespace"))
        if source == viewer:
            return True
        fits = fits and not source
    return fits


def _http_targets(route: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from _legs(route)
    if isinstance(route.get("mirror"), dict):
        yield as_map(route.get("mirror"))
    for item in map(as_map, as_list(route.get("mirrors"))):
        if isinstance(item.get("destination"), dict):
            yield as_map(item.get("destination"))


def _legs(route: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for item in map(as_map, as_list(route.get("route"))):
        if isinstance(item.get("destination"), dict):
            yield as_map(item.get("destination"))


def _age(obj: Object) -> tuple[str, str, str]:
    return created(obj), obj.name, obj.namespace
