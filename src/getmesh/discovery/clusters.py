"""The outbound clusters of imported services.

Istio: ``pilot/pkg/networking/core/cluster.go`` and ``cluster_builder.go``. What a cluster is depends on the service,
its DestinationRule and the type of the proxy alone, so proxies share clusters.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from getmesh.discovery.registry import Registry
from getmesh.discovery.rules import Rule, balancer, for_port, merged_policy, passes_through
from getmesh.discovery.scope import Imported
from getmesh.discovery.services import NAMED, MeshService, Port, Resolution, by_number
from getmesh.model.objects import as_map, as_strings, as_text

EDS: Final = "EDS"
ORIGINAL_DST: Final = "ORIGINAL_DST"
STATIC: Final = "STATIC"
STRICT_DNS: Final = "STRICT_DNS"
LOGICAL_DNS: Final = "LOGICAL_DNS"
_FORWARDED: Final = frozenset({"HTTP", "HTTP2", "GRPC", "TLS"})


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """One Envoy cluster.

    Attributes:
        name: as in Envoy.
        type: as istioctl prints it.
        direction: ``outbound``, ``inbound`` or ``""``.
        host: service host, ``""`` for inbound ones; the name for those without a service.
        port: service port, or the workload's for inbound ones; 0 for those without.
        subset: ``""`` if none.
        destination_rule: ``name.namespace`` or ``""``.
        service: None for those without.
        service_port: the port in full.
        rule: the DestinationRule behind it.
        sni: an east-west gateway's cluster, to endpoints that speak mutual TLS only.
    """

    name: str
    type: str
    direction: str = ""
    host: str = ""
    port: int = 0
    subset: str = ""
    destination_rule: str = ""
    service: MeshService | None = None
    service_port: Port | None = None
    rule: Rule | None = None
    sni: bool = False


def simple(name: str, kind: str) -> Cluster:
    """Make a cluster that belongs to no service."""
    return Cluster(name, kind, host=name)


class ClusterBuilder:
    """Builds clusters, each once for each service, ports, rule and kind of proxy."""

    def __init__(self, registry: Registry, *, headless_eds: bool) -> None:
        self._registry = registry
        self._headless_eds = headless_eds
        self._built: dict[tuple[int, tuple[Port, ...], int, bool, bool], tuple[Cluster, ...]] = {}

    def of(self, item: Imported, rule: Rule | None, *, router: bool, sni: bool = False) -> tuple[Cluster, ...]:
        """Give the clusters of an imported service."""
        key = (id(item.service), item.ports, id(rule), router, sni)
        found = self._built.get(key)
        if found is None:
            named: dict[str, Cluster] = {}
            for cluster in self._build(item, rule, router=router, sni=sni):
                named.setdefault(cluster.name, cluster)
            found = self._built[key] = tuple(named.values())
        return found

    def _build(self, item: Imported, rule: Rule | None, *, router: bool, sni: bool) -> Iterator[Cluster]:
        service = item.service
        if sni and service.external:
            return
        if not sni and service.resolution is Resolution.ALIAS:
            return
        forwarded = not sni and service.resolution is Resolution.DYNAMIC and service.host.startswith("*")
        for port in item.ports:
            if port.protocol == "UDP":
                continue
            if forwarded:
                if port.protocol in _FORWARDED:
                    yield self._make(service, port, rule, STATIC, sni=False)
                continue
            yield from self._of_port(item, port, rule, router=router, sni=sni)

    def _of_port(self, item: Imported, port: Port, rule: Rule | None, *, router: bool, sni: bool) -> Iterator[Cluster]:
        service = item.service
        kind = self._type(service, router=router)
        if kind in (STRICT_DNS, LOGICAL_DNS) and not self._has_endpoints(service, port, None):
            return
        general, _ = for_port(rule.policy if rule else None, port.number)
        if passes_through(general):
            kind = ORIGINAL_DST
        found = by_number(item.ports, port.number) or port
        yield self._make(service, found, rule, kind, sni=sni)
        for subset in rule.subsets if rule else ():
            name = as_text(subset.get("name"))
            own = kind
            if balancer(as_map(subset.get("trafficPolicy"))).get("simple") == "PASSTHROUGH":
                own = ORIGINAL_DST
            labels = as_strings(subset.get("labels"))
            if own in (STRICT_DNS, LOGICAL_DNS) and not self._has_endpoints(service, port, labels):
                continue
            if passes_through(merged_policy(rule, name, port.number)):
                own = ORIGINAL_DST
            yield self._make(service, found, rule, own, subset=name, sni=sni)

    def _has_endpoints(self, service: MeshService, port: Port, labels: "dict[str, str] | object") -> bool:
        held = self._registry.endpoints_by_number(service.key, port.number)
        if not isinstance(labels, dict) or not labels:
            return bool(held)
        return any(labels.items() <= item.labels.items() for item in held)

    def _type(self, service: MeshService, *, router: bool) -> str:
        if service.resolution in NAMED:
            return LOGICAL_DNS if service.races or service.resolution is not Resolution.DNS else STRICT_DNS
        if service.resolution is Resolution.PASSTHROUGH and not router:
            return EDS if service.kubernetes and self._headless_eds else ORIGINAL_DST
        return EDS

    def _make(
        self, service: MeshService, port: Port, rule: Rule | None, kind: str, *, subset: str = "", sni: bool
    ) -> Cluster:
        if sni:
            name = f"outbound_.{port.number}_.{subset}_.{service.host}"
        else:
            name = f"outbound|{port.number}|{subset}|{service.host}"
        return Cluster(
            name=name,
            type=kind,
            direction="outbound",
            host=service.host,
            port=port.number,
            subset=subset,
            destination_rule=f"{rule.name}.{rule.namespace}" if rule else "",
            service=service,
            service_port=port,
            rule=rule,
            sni=sni,
        )
