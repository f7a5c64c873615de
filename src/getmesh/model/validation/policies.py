"""Traffic policies of DestinationRules."""

from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import names, tls
from getmesh.model.validation.balancing import load_balancer
from getmesh.model.validation.faults import Faults
from getmesh.model.validation.pools import connection_pool, outlier

_OWN: Final = ("outlierDetection", "connectionPool", "loadBalancer", "tls")
_ALL: Final = (*_OWN, "portLevelSettings", "tunnel", "proxyProtocol", "retryBudget")


def traffic_policy(policy: dict[str, Any] | None, namespace: str, path: Path, faults: Faults) -> None:
    """Check a traffic policy with its settings per port."""
    if policy is None:
        return
    if not any(field in policy for field in _ALL):
        faults.error(path, "a traffic policy sets nothing")
        return
    if "tunnel" in policy and "proxyProtocol" in policy:
        faults.error((*path, "proxyProtocol"), "tunnel and proxyProtocol exclude each other")
        faults = faults.muted()  # Istio looks no further, so it warns of nothing
    _settings(policy, namespace, path, faults)
    for index, item in enumerate(policy.get("portLevelSettings", ())):
        place = (*path, "portLevelSettings", index)
        if "port" not in item:
            faults.error((*place, "port"), "settings of a port name no port")
        if any(field in item for field in _OWN):
            _settings(item, namespace, place, faults.muted())
        else:
            faults.error(place, "settings of a port set nothing")
    if "tunnel" in policy:
        _tunnel(policy["tunnel"], (*path, "tunnel"), faults)
    version = policy.get("proxyProtocol", {}).get("version", "V1")
    if version not in ("V1", "V2"):
        faults.error((*path, "proxyProtocol", "version"), f"PROXY protocol version {version} is unknown")


def _settings(policy: dict[str, Any], namespace: str, path: Path, faults: Faults) -> None:
    detection = policy.get("outlierDetection")
    outlier(detection, (*path, "outlierDetection"), faults)
    connection_pool(policy.get("connectionPool"), (*path, "connectionPool"), faults)
    place = (*path, "loadBalancer")
    load_balancer(policy.get("loadBalancer"), place, faults, outlier=detection is not None)
    tls.client(policy.get("tls"), namespace, (*path, "tls"), faults)


def _tunnel(tunnel: dict[str, Any], path: Path, faults: Faults) -> None:
    protocol, host = tunnel.get("protocol", ""), tunnel.get("targetHost", "")
    if protocol not in ("", "CONNECT", "POST"):
        faults.error((*path, "protocol"), f"a tunnel is opened by CONNECT or POST, not by {protocol!r}")
    if names.fqdn(host) and not names.is_ip(host):
        faults.error((*path, "targetHost"), f"{host!r} is neither a DNS name nor an IP address")
    faults.error((*path, "targetPort"), names.port(tunnel.get("targetPort", 0)))
