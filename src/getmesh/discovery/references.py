"""Where configuration leads: from an object to a namespace, and to a host in it where one is named."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from getmesh.discovery.naming import complete
from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.routes import Routes
from getmesh.model.snapshot import Snapshot

ROUTES: Final = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")


class Reference(NamedTuple):
    """An object that needs something in a namespace; the host is ``""`` if none is named."""

    source: Object
    namespace: str
    host: str


def references(snapshot: Snapshot) -> Iterator[Reference]:
    """Yield what routes, rules, Sidecars, delegates and Gateway API routes lead to, own namespaces included."""
    domain = snapshot.settings.cluster_domain
    homes = service_homes(snapshot)
    for route, targets in snapshot.service(Routes).each():
        for target in targets:
            yield from _to_host(route, complete(target.host, route.namespace, domain), homes)
        for item in map(as_map, as_list(route.spec.get("http"))):
            where = as_text(as_map(item.get("delegate")).get("namespace"))
            if where:
                yield Reference(route, where, "")
    for rule in snapshot.each("DestinationRule"):
        yield from _to_host(rule, complete(as_text(rule.spec.get("host")), rule.namespace, domain), homes)
    for sidecar in snapshot.each("Sidecar"):
        for egress in map(as_map, as_list(sidecar.spec.get("egress"))):
            for text in map(as_text, as_list(egress.get("hosts"))):
                where, slash, host = text.partition("/")
                if slash and where not in ("", ".", "*") and not where.startswith("~"):
                    yield Reference(sidecar, where, "" if host.startswith("*") else host)
    for kind in ROUTES:
        for obj in snapshot.each(kind):
            yield from _backends(obj, domain)


def service_homes(snapshot: Snapshot) -> dict[str, str]:
    """Give the namespace of every host that a Service or ServiceEntry defines; Services win."""
    domain = snapshot.settings.cluster_domain
    homes = {
        as_text(host): entry.namespace
        for entry in snapshot.each("ServiceEntry")
        for host in as_list(entry.spec.get("hosts"))
    }
    homes.update(
        (f"{service.name}.{service.namespace}.svc.{domain}", service.namespace) for service in snapshot.each("Service")
    )
    return homes


def service_namespaces(snapshot: Snapshot) -> frozenset[str]:
    """Give the namespaces that can be led to: declared ones, and those with Services or ServiceEntries."""
    declared = {obj.name for obj in snapshot.each("Namespace")}
    return frozenset(declared | set(service_homes(snapshot).values()))


def _to_host(source: Object, host: str, homes: Mapping[str, str]) -> Iterator[Reference]:
    namespace = homes.get(host)
    if namespace is not None:
        yield Reference(source, namespace, host)


def _backends(route: Object, domain: str) -> Iterator[Reference]:
    for rule in map(as_map, as_list(route.spec.get("rules"))):
        filters = map(as_map, as_list(rule.get("filters")))
        mirrors = [as_map(item.get("requestMirror")).get("backendRef") for item in filters]
        backends: list[Any] = [*as_list(rule.get("backendRefs")), *mirrors]
        for backend in map(as_map, backends):
            name = as_text(backend.get("name"))
            if name and backend.get("kind") in (None, "Service"):
                namespace = as_text(backend.get("namespace")) or route.namespace
                yield Reference(route, namespace, f"{name}.{namespace}.svc.{domain}")
