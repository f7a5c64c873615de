"""How much is sent to a proxy: numbers of resources, and an estimate of their bytes.

Sizes are those of the protocol buffers that istiod builds with automatic mutual TLS, one SAN and no access log. They
leave out the listeners that every proxy has, and what EnvoyFilters, telemetry and tracing add: good for comparing
before with after, not for totals.
"""

from typing import Final, NamedTuple

from getmesh.discovery.assignment import Row
from getmesh.discovery.clusters import EDS, Cluster
from getmesh.discovery.istiod import Istiod, View
from getmesh.discovery.proxies import ROUTER
from getmesh.discovery.services import HTTP_LIKE, UNSUPPORTED, MeshService, Port, Resolution

SHARED_HTTP_LISTENER: Final = 1660
_ALWAYS_LISTENING: Final = 2  # virtualOutbound and virtualInbound


class Tally(NamedTuple):
    """What is sent.

    Attributes:
        clusters, assignments, endpoints, listeners, routes: numbers; assignments are EDS resources.
        cds, eds, lds, rds: estimated bytes of each type.
    """

    clusters: int = 0
    assignments: int = 0
    endpoints: int = 0
    listeners: int = 0
    routes: int = 0
    cds: int = 0
    eds: int = 0
    lds: int = 0
    rds: int = 0

    @property
    def bytes(self) -> int:
        """Estimated bytes of everything."""
        return self.cds + self.eds + self.lds + self.rds

    def plus(self, other: "Tally") -> "Tally":
        """Give the sum."""
        return Tally(*(mine + yours for mine, yours in zip(self, other, strict=True)))


class Group(NamedTuple):
    """What proxies that share outbound clusters and rows have in common.

    Attributes:
        rows: rows by cluster name; every cluster is there.
        tally: of the outbound part.
        services: number of imported services.
    """

    rows: dict[str, tuple[Row, ...]]
    tally: Tally
    services: int


class Costs:
    """Costs of the views of one istiod, the shared part of them worked out once."""

    def __init__(self, istiod: Istiod) -> None:
        self._istiod = istiod
        self._groups: dict[tuple[object, ...], Group] = {}

    def group(self, view: View) -> Group:
        """Give the shared part of a view."""
        key = view.group
        found = self._groups.get(key)
        if found is None:
            rows = {cluster.name: view.rows(cluster) for cluster in view.outbound.clusters}
            found = self._groups[key] = Group(rows, self._outbound(view, rows), len(view.scope.services))
        return found

    def of(self, view: View) -> Tally:
        """Give what a proxy is sent in all."""
        shared = self.group(view).tally
        own = Tally(
            clusters=len(view.own),
            endpoints=sum(map(len, view.inbound_rows.values())),
            cds=sum(cluster_bytes(cluster) for cluster in view.own),
        )
        if view.proxy.type == ROUTER:
            return shared.plus(own).plus(_gateway(self._istiod, view))
        return shared.plus(own).plus(Tally(listeners=_ALWAYS_LISTENING))

    def _outbound(self, view: View, rows: dict[str, tuple[Row, ...]]) -> Tally:
        clusters = view.outbound.clusters
        assigned = [cluster for cluster in clusters if cluster.type == EDS]
        found = Tally(
            clusters=len(clusters),
            assignments=len(assigned),
            endpoints=sum(map(len, rows.values())),
            cds=sum(map(cluster_bytes, clusters)),
            eds=sum(assignment_bytes(cluster, len(rows[cluster.name])) for cluster in assigned),
        )
        return found if view.proxy.type == ROUTER else found.plus(self._listeners(clusters))

    def _listeners(self, clusters: tuple[Cluster, ...]) -> Tally:
        """Count listeners and routes: HTTP ports are shared, others have one listener for each address and port."""
        keys: set[str] = set()
        shared: set[int] = set()
        routes = lds = rds = 0
        for cluster in clusters:
            service, port = cluster.service, cluster.service_port
            if service is None or port is None or cluster.subset or cluster.sni:
                continue
            size = len(service.host)
            if port.protocol in HTTP_LIKE:
                shared.add(port.number)
                rds += 280 + 7 * size
                continue
            sniffed = port.protocol == UNSUPPORTED
            for address in self._addresses(service, port):
                key = f"{address}_{port.number}"
                if key not in keys:
                    keys.add(key)
                    lds += 1615 + 3 * len(cluster.name) if sniffed else 570 + 2 * len(cluster.name)
            if sniffed:
                routes += 1
                rds += 280 + 7 * size
        lds += SHARED_HTTP_LISTENER * len(shared)
        return Tally(listeners=len(keys) + len(shared), routes=routes + len(shared), lds=lds, rds=rds)

    def _addresses(self, service: MeshService, port: Port) -> list[str]:
        if service.kubernetes and service.resolution is Resolution.PASSTHROUGH:
            return [item.address for item in self._istiod.registry.endpoints(service.key, port.name)]
        return [service.address]


def cluster_bytes(cluster: Cluster) -> int:
    """Estimate the bytes of a cluster."""
    size = 880 + 5 * len(cluster.name)
    service, port = cluster.service, cluster.service_port
    if service is not None:
        size += len(service.host) + 2 * (len(service.namespace) + len(service.name))
    if port is not None and port.protocol == UNSUPPORTED:
        size += 146
    return size + 120 if cluster.subset else size


def assignment_bytes(cluster: Cluster, rows: int) -> int:
    """Estimate the bytes of a cluster's endpoints, all in one locality."""
    size = 76 + 2 * len(cluster.name)
    service = cluster.service
    workload = 27 + (2 * len(service.name) + len(service.namespace) if service else 0)
    return size + 33 + rows * (115 + workload) if rows else size


def _gateway(istiod: Istiod, view: View) -> Tally:
    servers = view.served.servers if view.served else []
    ports = {bound.port for bound in servers}
    routes: set[str] = set()
    hosts = 0
    for bound in servers:
        protocol = str(bound.server["port"].get("protocol", "")).upper()
        name = f"{bound.gateway.namespace}/{bound.gateway.name}"
        if protocol in ("HTTP", "HTTP2", "GRPC"):
            routes.add(f"http.{bound.port}")
        elif protocol == "HTTPS" and bound.tls_mode not in ("PASSTHROUGH", "AUTO_PASSTHROUGH"):
            routes.add(f"https.{bound.port}.{name}.{len(routes)}")
    for route in istiod.routes.routes:
        if view.served and view.served.names & set(route.gateways):
            hosts += len(route.hosts)
    return Tally(
        listeners=len(ports),
        routes=len(routes),
        lds=SHARED_HTTP_LISTENER * len(ports),
        rds=480 * max(hosts, len(routes)),
    )
