"""The rows of a cluster: which endpoints it has for a proxy at some place.

Istio: ``pilot/pkg/xds/endpoints/endpoint_builder.go`` and ``ep_filters.go``, and locality weights of
``pilot/pkg/networking/core/loadbalancer``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from getmesh.discovery.clusters import EDS, LOGICAL_DNS, STRICT_DNS, Cluster
from getmesh.discovery.controlplane import ControlPlane
from getmesh.discovery.endpoints import Endpoint, Health, split_locality, takes_tunnels
from getmesh.discovery.locals import ClusterLocal
from getmesh.discovery.naming import is_address
from getmesh.discovery.networks import Networks
from getmesh.discovery.peers import PeerPolicies
from getmesh.discovery.proxies import Site
from getmesh.discovery.registry import Registry
from getmesh.discovery.rules import balancer, merged_policy, mutual_tls, subset_of, wants_healthy
from getmesh.discovery.services import MeshService
from getmesh.discovery.sizes import EDS_LOCALITY, EDS_ROW, EDS_TLS
from getmesh.model.objects import as_list, as_map, as_strings, as_text

TUNNEL_LISTENER: Final = "connect_originate"
Row = tuple[str, int, str]


class Assigned(NamedTuple):
    """The rows of a cluster, each once, and the estimated bytes of all its endpoints."""

    rows: tuple[Row, ...]
    size: int


NOTHING: Final = Assigned((), 0)


class Assignment:
    """Works out rows; clusters whose rows do not depend on the place are worked out once."""

    def __init__(
        self, plane: ControlPlane, registry: Registry, networks: Networks, peers: PeerPolicies, local: ClusterLocal
    ) -> None:
        self._plane = plane
        self._flags = plane.flags
        self._registry = registry
        self._networks = networks
        self._peers = peers
        self._local = local
        self._rows: dict[tuple[Any, ...], Assigned] = {}
        self._distributions: dict[int, list[Mapping[str, Any]]] = {}

    def rows(self, cluster: Cluster, site: Site) -> tuple[Row, ...]:
        """Give (address, port, health) of a cluster's endpoints, each row once."""
        return self._assigned(cluster, site).rows

    def size(self, cluster: Cluster, site: Site) -> int:
        """Give the estimated bytes of a cluster's endpoints."""
        return self._assigned(cluster, site).size

    def _assigned(self, cluster: Cluster, site: Site) -> Assigned:
        service = cluster.service
        if service is None or cluster.type not in (EDS, STRICT_DNS, LOGICAL_DNS):
            return NOTHING
        weights = self._weights(cluster)
        key = (
            id(cluster),
            site.node if service.node_local else "",
            site.cluster if service.node_local or self._local.holds(service.host) else "",
            site.locality if weights else "",
            site.network if self._networks.several else "",
        )
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = self._build(cluster, service, site, weights)
        return found

    def by_locality(self, cluster: Cluster) -> bool:
        """Whether a cluster's rows depend on the locality of the proxy."""
        return cluster.type in (EDS, STRICT_DNS, LOGICAL_DNS) and bool(self._weights(cluster))

    def _build(self, cluster: Cluster, service: MeshService, site: Site, weights: list[Mapping[str, Any]]) -> Assigned:
        policy = merged_policy(cluster.rule, cluster.subset, cluster.port)
        unhealthy = (
            self._flags.unhealthy or service.spreads or (self._flags.auto_unhealthy and not wants_healthy(policy))
        )
        kept = [item for item in self._candidates(cluster) if self._passes(item, service, site, unhealthy=unhealthy)]
        mutual = mutual_tls(cluster.rule, cluster.subset, cluster.port)
        if cluster.sni:
            kept = [item for item in kept if self._speaks_tls(item, mutual=mutual)]
        kept = _within(kept, site.locality, weights)
        if not self._networks.several:
            rows: Iterable[Row] = (self._row(item) for item in kept)
        else:
            rows = self._across_networks(kept, site, mutual=mutual)
        size = sum(self._size(item, mutual=mutual) for item in kept)
        size += sum(EDS_LOCALITY + len(place) for place in {item.locality for item in kept})
        return Assigned(tuple(dict.fromkeys(rows)), size)

    def _size(self, item: Endpoint, *, mutual: bool | None) -> int:
        """Give the bytes of an endpoint; one that is reached by a gateway is taken for itself."""
        secure = item.injected and mutual is not False and self._speaks_tls(item, mutual=None)
        return EDS_ROW + len(item.address) + item.identity + (EDS_TLS if secure else 0)

    def _candidates(self, cluster: Cluster) -> Iterable[Endpoint]:
        service, port = cluster.service, cluster.service_port
        if service is None or port is None:
            return ()
        labels = as_strings(as_map(subset_of(cluster.rule, cluster.subset)).get("labels")) if cluster.subset else {}
        if cluster.type == EDS:
            found = self._registry.endpoints(service.key, port.name)
            found = [item for item in found if not item.address or not item.port or is_address(item.address)]
        else:
            found = self._registry.endpoints_by_number(service.key, port.number)
        return [item for item in found if labels.items() <= item.labels.items()] if labels else found

    def _passes(self, item: Endpoint, service: MeshService, site: Site, *, unhealthy: bool) -> bool:
        if service.node_local and (item.node != site.node or item.cluster != site.cluster):
            return False
        if item.cluster != site.cluster and self._local.holds(service.host):
            return False
        if item.health is Health.TERMINATING or (item.health is Health.UNHEALTHY and not unhealthy):
            return False
        drains = item.health is Health.DRAINING or self._labelled_draining(item)
        return not drains or bool(service.labels.get(self._flags.session_label))

    def _labelled_draining(self, item: Endpoint) -> bool:
        return bool(self._flags.draining_label and item.labels.get(self._flags.draining_label))

    def _row(self, item: Endpoint) -> Row:
        """Give an endpoint as the proxy reaches it: by its address, or through a tunnel."""
        tunnel = item.captured or takes_tunnels(item.labels)
        if tunnel and (self._flags.prefers_hbone or not item.injected):
            host = f"[{item.address}]" if ":" in item.address else item.address
            return f"envoy://{TUNNEL_LISTENER}/{host}:{item.port}", 0, self._health(item)
        return item.address, item.port, self._health(item)

    def _health(self, item: Endpoint) -> str:
        return Health.DRAINING.value if self._labelled_draining(item) else item.health.value

    def _speaks_tls(self, item: Endpoint, *, mutual: bool | None) -> bool:
        if mutual is not None:
            return mutual
        return item.injected and not self._peers.disables(item.namespace, item.labels, item.port)

    def _across_networks(self, kept: Iterable[Endpoint], site: Site, *, mutual: bool | None) -> Iterable[Row]:
        remote: list[Row] = []
        for item in kept:
            gateways = self._networks.gateways(item.network, item.cluster)
            near = not item.network or not site.network or item.network == site.network
            forced = not site.network and bool(item.network) and bool(gateways)
            if not forced and (near or not gateways):
                if item.address:
                    yield self._row(item)
            elif self._speaks_tls(item, mutual=mutual):
                remote += [(gateway.address, gateway.port, Health.HEALTHY.value) for gateway in gateways]
        yield from remote

    def _weights(self, cluster: Cluster) -> list[Mapping[str, Any]]:
        """Give the locality distribution that holds for a cluster, nothing if none does."""
        found = self._distributions.get(id(cluster))
        if found is None:
            held = self._localities(cluster)
            found = self._distributions[id(cluster)] = [as_map(item) for item in as_list(held.get("distribute"))]
        return found

    def _localities(self, cluster: Cluster) -> Mapping[str, Any]:
        settings = balancer(merged_policy(cluster.rule, cluster.subset, cluster.port)) if cluster.rule else {}
        if isinstance(settings.get("zoneAwareLbSetting"), dict):
            return {}
        own = settings.get("localityLbSetting")
        if isinstance(own, dict):
            return own if own.get("enabled") is not False else {}
        near = cluster.service is not None and cluster.service.spreads
        if near or self._plane.mesh.values.get("zoneAwareLbSetting") is not None:
            return {}
        return self._plane.mesh.localities or {}


def _within(items: list[Endpoint], locality: str, weights: list[Mapping[str, Any]]) -> list[Endpoint]:
    """Keep the endpoints in localities that the first fitting distribution sends to."""
    for item in weights:
        if locality_matches(locality, as_text(item.get("from"))):
            wanted = list(as_map(item.get("to")))
            return [held for held in items if any(locality_matches(held.locality, text) for text in wanted)]
    return items


def locality_matches(locality: str, pattern: str) -> bool:
    """Whether a locality fits ``region/zone/subzone``, where ``*`` and (behind the region) nothing fit everything."""
    region, zone, subzone = split_locality(pattern)
    held = split_locality(locality)
    return (
        region in ("*", held[0])
        and (zone in ("*", "") or zone == held[1])
        and (subzone in ("*", "") or subzone == held[2])
    )
