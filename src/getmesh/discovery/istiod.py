"""istiod, computed: what each proxy of a mesh is sent.

The pipeline: mesh configuration of the revision, selection of namespaces, services and endpoints, visibility, scope,
clusters, rows. Nothing here connects anywhere; a snapshot goes in.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from getmesh.discovery.assignment import TUNNEL_LISTENER, Assignment, Row
from getmesh.discovery.cluster import DEFAULT_CLUSTER
from getmesh.discovery.cluster import Cluster as KubernetesCluster
from getmesh.discovery.clusters import ORIGINAL_DST, STATIC, Cluster, ClusterBuilder, simple
from getmesh.discovery.controlplane import ControlPlane
from getmesh.discovery.gateways import Served, Target, filter_services, key_hosts, provider_services, selected
from getmesh.discovery.inbound import Inbound, inbound_clusters, ingress_clusters
from getmesh.discovery.locals import ClusterLocal
from getmesh.discovery.networks import Networks
from getmesh.discovery.peers import PeerPolicies
from getmesh.discovery.proxies import ROUTER, SIDECAR, Proxy, Site, site_of
from getmesh.discovery.registry import Registry
from getmesh.discovery.routes import RouteIndex
from getmesh.discovery.rules import RuleIndex, choose
from getmesh.discovery.scope import Scope, Scopes
from getmesh.discovery.settings import Settings
from getmesh.discovery.usable import Admission
from getmesh.model.meshnetworks import MeshNetworks
from getmesh.model.objects import Object, as_map, as_strings, as_text
from getmesh.model.selectors import matches
from getmesh.model.snapshot import Snapshot

BLACK_HOLE: Final = simple("BlackHoleCluster", STATIC)
PASSTHROUGH: Final = simple("PassthroughCluster", ORIGINAL_DST)
INBOUND_PASSTHROUGH: Final = simple("InboundPassthroughCluster", ORIGINAL_DST)
TUNNEL: Final = simple(TUNNEL_LISTENER, ORIGINAL_DST)
DYNAMIC: Final = simple("AllowAnyDynamicDNSCluster", STATIC)


class Outbound(NamedTuple):
    """The outbound clusters that proxies share.

    Attributes:
        clusters: each name once, in order of import.
        by_node: rows depend on the node of the proxy.
        by_locality: rows depend on its locality.
    """

    clusters: tuple[Cluster, ...]
    by_node: bool
    by_locality: bool


class View:
    """What one proxy is sent.

    Attributes:
        proxy: whose view it is.
        scope: what it imports.
        outbound: the clusters that it shares with other proxies.
        own: its inbound clusters, and those that every proxy of its type has.
        inbound_rows: rows of inbound clusters by name.
        targets: the service ports that it serves.
        served: what a router serves, None for others.
    """

    def __init__(self, proxy: Proxy, site: Site, scope: Scope, assignment: Assignment) -> None:
        self.proxy = proxy
        self.site = site
        self.scope = scope
        self.outbound = Outbound((), by_node=False, by_locality=False)
        self.own: list[Cluster] = []
        self.inbound_rows: dict[str, tuple[Row, ...]] = {}
        self.targets: list[Target] = []
        self.served: Served | None = None
        self._assignment = assignment

    @property
    def clusters(self) -> list[Cluster]:
        """Every cluster, each name once."""
        return [*self.outbound.clusters, *self.own]

    @property
    def group(self) -> tuple[object, ...]:
        """Proxies with an equal group share outbound clusters and their rows."""
        site = self.site
        return (
            id(self.outbound.clusters),
            site.node if self.outbound.by_node else "",
            site.locality if self.outbound.by_locality else "",
            site.network,
            site.cluster,
        )

    def rows(self, cluster: Cluster) -> tuple[Row, ...]:
        """Give (address, port, health) of a cluster's endpoints."""
        if cluster.direction == "inbound":
            return self.inbound_rows.get(cluster.name, ())
        return self._assignment.rows(cluster, self.site)

    def row_bytes(self, cluster: Cluster) -> int:
        """Give the estimated bytes of an outbound cluster's endpoints."""
        return self._assignment.size(cluster, self.site)

    def outbound_mode(self, mesh: Settings) -> str:
        """Give what happens to traffic of unknown destinations: the Sidecar's mode, else the mesh's."""
        policy = self.scope.sidecar.spec.get("outboundTrafficPolicy") if self.scope.sidecar else None
        if isinstance(policy, dict):
            return as_text(policy.get("mode")) or "REGISTRY_ONLY"
        return mesh.text("outboundTrafficPolicy", "mode") or "ALLOW_ANY"

    def endpoints(self) -> Iterator[tuple[Cluster, Row]]:
        """Yield every row of every cluster."""
        for cluster in self.clusters:
            for row in self.rows(cluster):
                yield cluster, row


class Istiod:
    """One istiod with what it knows.

    Args:
        plane: which one.
        snapshot: the cluster that holds its configuration.
        remotes: other clusters that it watches, by cluster ID.
        name: cluster ID of the first one.

    Attributes:
        clusters: every cluster that it watches, by cluster ID.
        home: the one that holds its configuration.
        selection: the namespaces of that one that it looks at.
        networks, registry, routes, rules, scopes, peers: what it knows of each.
    """

    def __init__(
        self,
        plane: ControlPlane,
        snapshot: Snapshot,
        remotes: Mapping[str, Snapshot] | None = None,
        name: str = DEFAULT_CLUSTER,
    ) -> None:
        self.plane = plane
        self.snapshot = snapshot
        self.admission = snapshot.service(Admission)
        domain, root = snapshot.settings.cluster_domain, plane.mesh.root_namespace
        self.networks = Networks(snapshot.service(MeshNetworks).networks, plane.namespace)
        self.clusters = {
            key: KubernetesCluster(key, held, plane, self.networks)
            for key, held in {name: snapshot, **(remotes or {})}.items()
        }
        self.home = self.clusters[name]
        for key, held in self.clusters.items():
            services = list(held.seen("Service"))
            self.networks.add_cluster(key, held.snapshot, services, domain, home=held is self.home)
        self.selection = self.home.selection
        self.registry = Registry(
            plane, list(self.clusters.values()), self.configs("ServiceEntry"), self.configs("WorkloadEntry")
        )
        self.routes = RouteIndex(self.configs("VirtualService"), domain, plane.mesh.route_exports)
        private, enhanced = "." in plane.mesh.rule_exports, plane.flags.enhanced_merge
        rules = self.configs("DestinationRule")
        self.rules = RuleIndex(rules, domain, root, private_default=private, enhanced=enhanced)
        sidecars = self.configs("Sidecar")
        self.scopes = Scopes(self.registry, self.routes, self.rules, sidecars, root=root, flags=plane.flags)
        self._gateways = list(self.configs("Gateway"))
        self._builder = ClusterBuilder(self.registry, headless_eds=plane.flags.headless_eds)
        self.peers = PeerPolicies(self.configs("PeerAuthentication"), root)
        local = ClusterLocal(plane.mesh.values, domain)
        self._assignment = Assignment(plane, self.registry, self.networks, self.peers, local)
        self._outbounds: dict[tuple[int, bool, bool], Outbound] = {}
        self._interned: dict[tuple[int, ...], Outbound] = {}
        self._inbound = {key: Inbound(held, self.registry) for key, held in self.clusters.items()}

    def configs(self, kind: str) -> Iterator[Object]:
        """Yield the Istio objects of a kind that it uses: selected, of its revision, and valid."""
        for obj in self.home.seen(kind):
            if self.plane.reads(obj) and self.admission.admits(obj):
                yield obj

    def view(self, proxy: Proxy) -> View:
        """Compute what a proxy is sent."""
        cluster = self.clusters.get(proxy.cluster, self.home)
        site = site_of(proxy, cluster)
        if proxy.type == SIDECAR:
            scope = self.scopes.of_sidecar(proxy.namespace, site.labels)
        else:
            scope = self.scopes.of_gateway(proxy.namespace)
        view = View(proxy, site, scope, self._assignment)
        view.targets = self._inbound[cluster.name].targets(proxy, site)
        if proxy.type == ROUTER:
            gateways = selected(
                self._gateways, site.labels, proxy.namespace, by_namespace=self.plane.flags.gateways_by_namespace
            )
            view.served = Served(gateways, view.targets)
        view.outbound = self._outbound(view)
        view.own = list(self._own(view))
        return view

    def redirects(self, view: View) -> bool:
        """Whether a sidecar gets its workload's traffic by redirection, so that it needs no ports of its own."""
        mode = view.proxy.interception or self.plane.mesh.text("defaultConfig", "interceptionMode")
        return mode != "NONE"

    def _own(self, view: View) -> Iterator[Cluster]:
        yield BLACK_HOLE
        if self.plane.flags.sends_hbone and view.proxy.type in (SIDECAR, ROUTER):
            yield TUNNEL
        if view.proxy.type == SIDECAR:
            yield PASSTHROUGH
            if view.outbound_mode(self.plane.mesh) == "ALLOW_ANY_DYNAMIC_DNS":
                yield DYNAMIC
            yield from self._inbound_clusters(view)
            yield INBOUND_PASSTHROUGH

    def _outbound(self, view: View) -> Outbound:
        """Give the outbound clusters; equal ones are one object, whatever scope they come from."""
        router = view.proxy.type == ROUTER
        sni = view.served is not None and view.served.passes_sni
        key = (id(view.scope), router, sni)
        shared = not view.scope.selective and not (router and self.plane.flags.filter_gateways)
        found = self._outbounds.get(key) if shared else None
        if found is None:
            hosts = self._kept_hosts(view) if router and self.plane.flags.filter_gateways else None
            clusters = tuple(self._built(view, hosts, router=router, sni=False))
            if sni:
                clusters += tuple(self._built(view, None, router=router, sni=True))
            identity = tuple(map(id, clusters))
            found = self._interned.get(identity)
            if found is None:
                found = self._interned[identity] = Outbound(
                    clusters,
                    by_node=any(cluster.service is not None and cluster.service.node_local for cluster in clusters),
                    by_locality=any(self._assignment.by_locality(cluster) for cluster in clusters),
                )
            if shared:
                self._outbounds[key] = found
        return found

    def _built(self, view: View, hosts: set[str] | None, *, router: bool, sni: bool) -> Iterator[Cluster]:
        scope, labels = view.scope, view.site.labels
        for host, item in scope.services.items():
            if hosts is not None and host not in hosts:
                continue
            rules = scope.rules.get(host)
            rule = choose(rules, scope.namespace, labels, outbound=True) if rules else None
            yield from self._builder.of(item, rule, router=router, sni=sni)

    def _inbound_clusters(self, view: View) -> Iterator[Cluster]:
        flags, mesh = self.plane.flags, self.plane.mesh
        found: list[tuple[Cluster, tuple[Row, ...]]] = []
        if self.redirects(view) or view.scope.ingress:
            found += inbound_clusters(
                view.targets, view.scope, view.site, localhost=mesh.inbound_to_localhost, merge=flags.merge_inbound
            )
        found += ingress_clusters(view.targets, view.scope, view.site, view.proxy.addresses)
        for cluster, rows in found:
            if cluster.name not in view.inbound_rows:
                view.inbound_rows[cluster.name] = rows
                yield cluster

    def _kept_hosts(self, view: View) -> set[str]:
        """Give the hosts that a router keeps when istiod filters gateways by their routes."""
        hosts, pairs = provider_services(self.plane.mesh.values)
        more, others = filter_services(obj for obj in self.configs("EnvoyFilter") if self._reaches(obj, view))
        hosts |= more
        if self.plane.flags.remote_jwks:
            hosts |= key_hosts(obj for obj in self.configs("RequestAuthentication") if self._reaches(obj, view))
        for gateway in view.served.names if view.served else ():
            viewer = gateway.partition("/")[0] if self.plane.flags.gateways_by_namespace else ""
            hosts |= self.routes.hosts_behind(gateway, viewer)
        for namespace, host in pairs | others:
            item = view.scope.services.get(host)
            if item is not None and item.service.namespace == namespace:
                hosts.add(host)
        return hosts

    def _reaches(self, obj: Object, view: View) -> bool:
        """Whether an object of the proxy's or the root namespace selects the proxy."""
        if obj.namespace not in (view.proxy.namespace, self.plane.mesh.root_namespace):
            return False
        selector = as_map(obj.spec.get("workloadSelector") or obj.spec.get("selector"))
        return matches(as_strings(selector.get("labels") or selector.get("matchLabels")), view.site.labels)
