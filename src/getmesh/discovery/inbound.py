"""What leads into a workload: the service ports that it serves, and its inbound clusters.

Istio: ``GetProxyServiceTargets`` of the registries, ``buildInboundClusters`` of ``pilot/pkg/networking/core``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from getmesh.discovery.cluster import Cluster as KubernetesCluster
from getmesh.discovery.cluster import target_port
from getmesh.discovery.clusters import ORIGINAL_DST, STATIC, Cluster
from getmesh.discovery.gateways import Target
from getmesh.discovery.naming import is_address
from getmesh.discovery.proxies import Proxy, Site
from getmesh.discovery.registry import Registry
from getmesh.discovery.rules import choose
from getmesh.discovery.scope import Scope
from getmesh.discovery.services import MeshService, Resolution
from getmesh.discovery.workloads import UNIX, Workload, service_endpoints
from getmesh.model.objects import as_list, as_map, as_number, as_quoted_number, as_text
from getmesh.model.selectors import matches

LOCALHOST: Final = "127.0.0.1"
Row = tuple[str, int, str]


class Inbound:
    """Finds what leads into proxies of one cluster."""

    def __init__(self, cluster: KubernetesCluster, registry: Registry) -> None:
        self._cluster = cluster
        self._registry = registry
        self._entries: dict[str, list[Workload]] = {}
        for item in registry.workloads.entries:
            if not item.named:
                self._entries.setdefault(item.address, []).append(item)
        self._by_address: dict[str, list[Target]] | None = None

    def targets(self, proxy: Proxy, site: Site) -> list[Target]:
        """Give the service ports that a proxy's workload serves, oldest service first.

        A pod without an address serves nothing yet; a proxy that need not exist is taken to get some address.
        """
        if not proxy.addresses and proxy.pod is not None:
            return []
        found = [*self._of_kubernetes(proxy, site), *self._of_entries(proxy)]
        return sorted(found, key=lambda target: (target.service.created, target.service.host))

    def _of_kubernetes(self, proxy: Proxy, site: Site) -> Iterator[Target]:
        entries = self._entries.get(proxy.addresses[0]) if proxy.addresses else None
        if entries:
            named = [item for item in entries if item.source and item.source.name == proxy.name]
            local = [item for item in entries if item.place.namespace == proxy.namespace]
            yield from self._of_entry((named or local or entries)[0])
            return
        pod = self._cluster.pod(proxy.namespace, proxy.name) if proxy.pod is not None else None
        labels = pod.labels if pod is not None else site.labels
        services = [
            service
            for service in self._cluster.services_in(proxy.namespace)
            if service.selector and matches(service.selector, labels)
        ]
        shape = pod or proxy.template
        if shape is None:
            yield from (target for service in services for target in _unplaced(service))
        elif services:
            for service in services:
                ports = [as_map(item) for item in as_list(service.source.spec.get("ports"))]
                yield from _deduplicated(service, [target_port(shape, port) for port in ports])
        elif pod is not None:
            yield from self._of_slices(proxy)

    def _of_slices(self, proxy: Proxy) -> Iterator[Target]:
        for service in self._cluster.services_in(proxy.namespace):
            for endpoint in self._registry.all_endpoints(service.key):
                if endpoint.entry_port or endpoint.address != proxy.addresses[0]:
                    continue
                port = next((item for item in service.ports if item.name == endpoint.port_name), None)
                if port is not None:
                    yield Target(service, port.number, endpoint.port)

    def _of_entry(self, workload: Workload) -> Iterator[Target]:
        for service in self._cluster.services_in(workload.place.namespace):
            if not service.selector or not matches(service.selector, workload.place.labels):
                continue
            if service.resolution is Resolution.CLIENT_SIDE:
                for position, endpoint in service_endpoints(workload, service):
                    port = service.ports[position]
                    if port.protocol != "UDP":
                        yield Target(service, port.number, endpoint.port)

    def _of_entries(self, proxy: Proxy) -> Iterator[Target]:
        if self._by_address is None:
            self._by_address = {}
            for service in self._registry.services:
                if not service.kubernetes:
                    self._index(service)
        for address in proxy.addresses:
            for target in self._by_address.get(address, ()):
                if target.service.namespace == proxy.namespace:
                    yield target

    def _index(self, service: MeshService) -> None:
        held = self._by_address if self._by_address is not None else {}
        for endpoint in self._registry.all_endpoints(service.key):
            if endpoint.entry_port and is_address(endpoint.address):
                held.setdefault(endpoint.address, []).append(Target(service, endpoint.entry_port, endpoint.port))


def _unplaced(service: MeshService) -> list[Target]:
    """Give the targets of a proxy whose pod istiod does not know: numbered target ports as they are, names as 0."""
    numbers = []
    for item in map(as_map, as_list(service.source.spec.get("ports"))):
        target = item.get("targetPort")
        named = isinstance(target, str) and bool(target)
        numbers.append(0 if named else as_number(target) or as_number(item.get("port")))
    return _deduplicated(service, numbers)


def _deduplicated(service: MeshService, numbers: "list[int | None] | list[int]") -> list[Target]:
    found: dict[tuple[int, str], Target] = {}
    for port, number in zip(service.ports, numbers, strict=True):
        if number is not None:
            found.setdefault((number, port.protocol), Target(service, port.number, number))
    return list(found.values())


def inbound_clusters(
    targets: list[Target], scope: Scope, site: Site, *, localhost: bool, merge: bool
) -> Iterator[tuple[Cluster, tuple[Row, ...]]]:
    """Yield the inbound clusters of a sidecar with their rows: those of service ports, or of a Sidecar's ingress."""
    ingress = [as_map(item) for item in scope.ingress]
    numbers = {as_quoted_number(as_map(item.get("port")).get("number")) for item in ingress}
    if not ingress or merge:
        first: dict[int, Target] = {}
        for target in targets:
            first.setdefault(target.target, target)
        for number, target in first.items():
            if number not in numbers:
                rows = ((LOCALHOST, number, "HEALTHY"),) if localhost else ()
                yield _cluster(number, target.service, scope, site, rows)


def ingress_clusters(
    targets: list[Target], scope: Scope, site: Site, addresses: tuple[str, ...]
) -> Iterator[tuple[Cluster, tuple[Row, ...]]]:
    """Yield the clusters of a Sidecar's ingress listeners with their rows."""
    for item in map(as_map, scope.ingress):
        number = as_quoted_number(as_map(item.get("port")).get("number"))
        rows = _default_endpoint(item, addresses)
        if rows is None:
            continue
        service = next((target.service for target in targets if target.target == number), None)
        yield _cluster(number, service, scope, site, rows)


def _default_endpoint(item: Mapping[str, Any], addresses: tuple[str, ...]) -> tuple[Row, ...] | None:
    """Give where a listener sends: nowhere in particular, or one address; None if that cannot be read."""
    text = as_text(item.get("defaultEndpoint"))
    if not text:
        return ()
    if text.startswith(UNIX):
        return ((text, 0, "HEALTHY"),)
    host, _, port = text.rpartition(":")
    if not port.isdecimal():
        return None
    host = host.removeprefix("[").removesuffix("]")
    if host in ("0.0.0.0", "::"):  # noqa: S104 - Istio's words for the pod's own address
        wanted = [address for address in addresses if (":" in address) == (host == "::")]
        host = wanted[0] if wanted else ("::1" if host == "::" else LOCALHOST)
    elif host in (LOCALHOST, "::1"):
        six = any(":" in address for address in addresses)
        four = any("." in address for address in addresses) or not six
        host = LOCALHOST if (host == LOCALHOST and four) or not six else "::1"
    return ((host, int(port), "HEALTHY"),) if host else ()


def _cluster(
    number: int, service: MeshService | None, scope: Scope, site: Site, rows: tuple[Row, ...]
) -> tuple[Cluster, tuple[Row, ...]]:
    """Give an inbound cluster; of one that serves something outside of the mesh istiod does not note the rule."""
    shown = ""
    if service is not None and not service.external:
        rule = choose(scope.rules.get(service.host, ()), scope.namespace, site.labels, outbound=False)
        shown = f"{rule.name}.{rule.namespace}" if rule is not None and rule.policy is not None else ""
    kind = STATIC if rows else ORIGINAL_DST
    return Cluster(f"inbound|{number}||", kind, "inbound", "", number, "", shown), rows
