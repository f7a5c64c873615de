"""How much is sent to a proxy: numbers of resources, and an estimate of their bytes.

Numbers are those that istiod sends. Bytes are those of the resources alone, as istiod's metric
``pilot_xds_config_size_bytes`` counts them.
"""

from collections.abc import Iterable
from typing import NamedTuple

from getmesh.discovery.assignment import Row
from getmesh.discovery.clusters import EDS, Cluster
from getmesh.discovery.clustersizes import ClusterSizes
from getmesh.discovery.istiod import Istiod, View
from getmesh.discovery.listenersizes import ListenerSizes
from getmesh.discovery.proxies import ROUTER, SIDECAR, declared
from getmesh.discovery.serverlisteners import ServerListeners
from getmesh.discovery.serverroutes import ServerRoutes
from getmesh.discovery.sidecarlisteners import SidecarListeners
from getmesh.discovery.tally import Tally

_UNPRIVILEGED = "ISTIO_META_UNPRIVILEGED_POD"


class Group(NamedTuple):
    """What proxies that share outbound clusters and rows have in common.

    Attributes:
        rows: rows by cluster name; every cluster is there.
        tally: of the outbound clusters and their endpoints.
        services: number of imported services.
    """

    rows: dict[str, tuple[Row, ...]]
    tally: Tally
    services: int


class Costs:
    """Costs of the views of one istiod, the shared part of them worked out once."""

    def __init__(self, istiod: Istiod) -> None:
        self._istiod = istiod
        self._clusters = ClusterSizes(istiod)
        self._sidecars = SidecarListeners(istiod)
        self._sizes = ListenerSizes(istiod.plane.mesh)
        self._routes = ServerRoutes(istiod.routes)
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
        own = Tally(
            clusters=len(view.own),
            endpoints=sum(map(len, view.inbound_rows.values())),
            cds=self._cds(view, view.own),
        )
        found = self.group(view).tally.plus(own)
        if view.proxy.type == SIDECAR:
            return found.plus(self._sidecars.of(view))
        return found.plus(self._router(view)) if view.proxy.type == ROUTER else found

    def _outbound(self, view: View, rows: dict[str, tuple[Row, ...]]) -> Tally:
        clusters = view.outbound.clusters
        assigned = [cluster for cluster in clusters if cluster.type == EDS]
        inline = sum(view.row_bytes(cluster) for cluster in clusters if cluster.type != EDS)
        return Tally(
            clusters=len(clusters),
            assignments=len(assigned),
            endpoints=sum(map(len, rows.values())),
            cds=self._cds(view, clusters) + inline,
            eds=sum(2 + len(cluster.name) + view.row_bytes(cluster) for cluster in assigned),
        )

    def _cds(self, view: View, clusters: Iterable[Cluster]) -> int:
        router = view.proxy.type == ROUTER
        return sum(self._clusters.of(cluster, router=router) for cluster in clusters)

    def _router(self, view: View) -> Tally:
        found = Tally(listeners=1, lds=self._sizes.tunnel()) if self._istiod.plane.flags.sends_hbone else Tally()
        if view.served is None:
            return found
        low = declared(view.proxy, _UNPRIVILEGED) == "true"
        held = ServerListeners(view.served, self._istiod.routes, view.scope, view.site.labels, unprivileged=low)
        namespace = view.proxy.namespace
        lds = sum(self._sizes.server(key, chains, namespace) for key, chains in held.found.items())
        rds = sum(self._routes.of(name, servers, namespace) for name, servers in held.routes.items())
        return found.plus(Tally(listeners=len(held.found), routes=len(held.routes), lds=lds, rds=rds))
