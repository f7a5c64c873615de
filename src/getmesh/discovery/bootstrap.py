"""The clusters that a proxy has from its own bootstrap, before istiod sends anything.

Istio: ``tools/packaging/common/envoy_bootstrap.json``.
"""

from typing import Any, Final

from getmesh.discovery.assignment import Row
from getmesh.discovery.clusters import STATIC, STRICT_DNS, Cluster, simple
from getmesh.discovery.settings import Settings
from getmesh.model.objects import as_map, as_number, as_text

XDS_SOCKET: Final = "unix://./etc/istio/proxy/XDS"
SDS_SOCKET: Final = "unix://./var/run/secrets/workload-spiffe-uds/socket"
_ADMIN_PORT: Final = 15000
_STATUS_PORT: Final = 15020
_HEALTHY: Final = "HEALTHY"


def bootstrap(mesh: Settings) -> list[tuple[Cluster, tuple[Row, ...]]]:
    """Give the clusters with their rows, as the mesh's default proxy configuration makes them."""
    config = as_map(mesh.values.get("defaultConfig"))
    admin = as_number(config.get("proxyAdminPort")) or _ADMIN_PORT
    status = as_number(config.get("statusPort")) or _STATUS_PORT
    found: list[tuple[Cluster, tuple[Row, ...]]] = [
        (simple("prometheus_stats", STATIC), (("127.0.0.1", admin, _HEALTHY),)),
        (simple("agent", STATIC), (("127.0.0.1", status, _HEALTHY),)),
        (simple("sds-grpc", STATIC), ((SDS_SOCKET, 0, _HEALTHY),)),
        (simple("xds-grpc", STATIC), ((XDS_SOCKET, 0, _HEALTHY),)),
    ]
    tracing = as_map(config.get("tracing"))
    for key, name in (("zipkin", "zipkin"), ("lightstep", "lightstep"), ("datadog", "datadog_agent")):
        found += _named(name, as_map(tracing.get(key)).get("address"))
    for key, name in (
        ("envoyMetricsService", "envoy_metrics_service"),
        ("envoyAccessLogService", "envoy_accesslog_service"),
    ):
        found += _named(name, as_map(config.get(key)).get("address"))
    return found


def _named(name: str, address: Any) -> list[tuple[Cluster, tuple[Row, ...]]]:
    host, _, port = as_text(address).rpartition(":")
    if not host or not port.isdecimal():
        return []
    return [(simple(name, STRICT_DNS), ((host, int(port), _HEALTHY),))]
