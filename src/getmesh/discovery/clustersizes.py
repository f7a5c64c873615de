"""Bytes of clusters, without the endpoints that some of them hold.

Istio: ``pilot/pkg/networking/core/cluster.go``, ``cluster_tls.go``.
"""

from typing import Final

from getmesh.discovery import sizes
from getmesh.discovery.assignment import TUNNEL_LISTENER
from getmesh.discovery.clusters import EDS, ORIGINAL_DST, Cluster
from getmesh.discovery.istiod import Istiod
from getmesh.discovery.peers import DISABLE
from getmesh.discovery.rules import merged_policy
from getmesh.discovery.services import UNSUPPORTED, MeshService, Resolution
from getmesh.model.objects import as_map, as_text

_FIXED: Final = {
    "BlackHoleCluster": 44,
    "PassthroughCluster": 453,
    "InboundPassthroughCluster": 264,
    TUNNEL_LISTENER: 900,
}
_BY_RULE: Final = {"DISABLE": 0, "ISTIO_MUTUAL": sizes.CLUSTER_TLS_MUTUAL}
_HTTP2: Final = frozenset({"HTTP2", "GRPC", "GRPC-Web"})


class ClusterSizes:
    """Works out clusters, each once."""

    def __init__(self, istiod: Istiod) -> None:
        self._istiod = istiod
        self._domain = istiod.plane.mesh.text("trustDomain") or "cluster.local"
        self._known: dict[int, int] = {}
        self._names: dict[tuple[str, str], int] = {}

    def of(self, cluster: Cluster, *, router: bool) -> int:
        """Give the bytes of a cluster of a router or of another proxy."""
        if cluster.service is None or cluster.service_port is None:
            return _FIXED.get(cluster.name) or sizes.CLUSTER_INBOUND + 2 * len(cluster.name) + _rule(cluster)
        found = self._known.get(id(cluster))
        if found is None:
            found = self._known[id(cluster)] = self._outbound(cluster, cluster.service, router=router)
        return found

    def _outbound(self, cluster: Cluster, service: MeshService, *, router: bool) -> int:
        size = sizes.CLUSTER + 3 * len(cluster.name) + len(service.host) + len(service.name) + len(service.namespace)
        size += _rule(cluster) + (sizes.CLUSTER_EXTERNAL if service.external else 0)
        size += sizes.CLUSTER_SUBSET + len(cluster.subset) if cluster.subset else 0
        protocol = cluster.service_port.protocol if cluster.service_port else ""
        size += sizes.CLUSTER_PROTOCOL if protocol in _HTTP2 or (protocol == UNSUPPORTED and not router) else 0
        if cluster.type == ORIGINAL_DST:
            size -= sizes.CLUSTER_EDS + len(cluster.name)
        size += sizes.CLUSTER_DNS if cluster.type not in (EDS, ORIGINAL_DST) else 0
        return size + (0 if cluster.sni else self._tls(cluster, service))

    def _tls(self, cluster: Cluster, service: MeshService) -> int:
        """Give the bytes of what a cluster does for mutual TLS, as its rule says or as its workloads take it."""
        policy = as_map(merged_policy(cluster.rule, cluster.subset, cluster.port))
        if isinstance(policy.get("tls"), dict):
            mode = as_text(as_map(policy["tls"]).get("mode")) or "DISABLE"
            return _BY_RULE.get(mode, sizes.CLUSTER_TLS_SIMPLE)
        if service.external or self._istiod.peers.modes(service.namespace, {}).mode == DISABLE:
            return 0
        if service.resolution is Resolution.PASSTHROUGH or cluster.type == ORIGINAL_DST:
            held = self._istiod.registry.endpoints_by_number(service.key, cluster.port)
            if not held or not all(item.injected for item in held):
                return 0
        either = sizes.CLUSTER_TLS_ALWAYS if cluster.type == ORIGINAL_DST else sizes.CLUSTER_TLS
        return either + len(cluster.name) + self._accounts(service)

    def _accounts(self, service: MeshService) -> int:
        """Give the bytes of the identities that a service's workloads may have."""
        found = self._names.get(service.key)
        if found is None:
            held = {(item.namespace, item.account) for item in self._istiod.registry.all_endpoints(service.key)}
            held = {(namespace, account) for namespace, account in held if namespace}
            texts = (f"spiffe://{self._domain}/ns/{namespace}/sa/{account}" for namespace, account in held)
            found = self._names[service.key] = sum(len(text) + 4 for text in texts)
        return found


def _rule(cluster: Cluster) -> int:
    return sizes.CLUSTER_RULE + len(cluster.destination_rule) if cluster.destination_rule else 0
