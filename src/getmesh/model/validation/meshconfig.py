"""Mesh configuration and mesh networks as a whole: either Istio takes them, or it goes on with its defaults.

Istio: ``ValidateMeshConfig`` and ``ValidateMeshNetworks``. Only what is given can be wrong: the defaults are sound.
"""

from typing import Any, Final

from getmesh.model.fields.decoding import decode_message
from getmesh.model.fields.table import Message, table
from getmesh.model.validation import amounts, balancing, names, pools
from getmesh.model.validation.faults import Faults
from getmesh.model.validation.proxyconfig import annotation_faults

_HOUR: Final = 3600 * amounts.SECOND


def mesh_config_faults(value: Any) -> Faults:
    """Check a decoded mesh configuration; any error makes Istio leave all of it out."""
    faults = Faults()
    config = _decoded("mesh.MeshConfig", value, faults)
    if faults.errors:
        return faults
    if "proxyListenPort" in config:
        faults.error(("proxyListenPort",), names.port(config["proxyListenPort"]))
    _timeouts(config, faults)
    for fault in annotation_faults(value.get("defaultConfig")).errors:
        faults.error(("defaultConfig", *fault.path), fault.text)
    for field in ("localityLbSetting", "zoneAwareLbSetting"):
        if field in config:
            balancing.load_balancer({field: config[field]}, (), faults, outlier=True)
    policy = config.get("defaultTrafficPolicy", {})
    pools.connection_pool(policy.get("connectionPool"), ("defaultTrafficPolicy", "connectionPool"), faults)
    pools.outlier(policy.get("outlierDetection"), ("defaultTrafficPolicy", "outlierDetection"), faults)
    for index, setting in enumerate(config.get("serviceSettings", ())):
        for at, host in enumerate(setting.get("hosts", ())):
            faults.error(("serviceSettings", index, "hosts", at), names.wild_domain(host))
    if "trustDomain" in config:
        faults.error(("trustDomain",), _trust_domain(config["trustDomain"]))
    for index, alias in enumerate(config.get("trustDomainAliases", ())):
        faults.error(("trustDomainAliases", index), _trust_domain(alias))
    if config.get("meshMTLS", {}).get("ecdhCurves"):
        faults.error(("meshMTLS", "ecdhCurves"), "meshMTLS takes no ecdhCurves")
    return faults


def mesh_networks(value: Any) -> dict[str, Any]:
    """Give the networks by name, fields in camel case; none at all if one of them is wrong."""
    faults = Faults()
    networks: dict[str, Any] = _decoded("mesh.MeshNetworks", value, faults).get("networks", {})
    for name, network in networks.items():
        for index, endpoint in enumerate(network.get("endpoints", ())):
            _endpoint(endpoint, ("networks", name, "endpoints", index), faults)
        for index, gateway in enumerate(network.get("gateways", ())):
            _gateway(gateway, ("networks", name, "gateways", index), faults)
    return {} if faults.errors else networks


def _decoded(name: str, value: Any, faults: Faults) -> dict[str, Any]:
    decoded = decode_message(_message(name), value)
    for wrong in decoded.faults:
        faults.error(wrong.path, f"this must be {wrong.wanted}")
    return decoded.values


def _message(name: str) -> Message:
    fields = table(name)
    if fields is None:
        raise RuntimeError(f"there is no table {name}")
    return fields.root


def _timeouts(config: dict[str, Any], faults: Faults) -> None:
    connect, detection = config.get("connectTimeout"), config.get("protocolDetectionTimeout")
    if connect is not None:
        long = "a connection must not take more than an hour" if amounts.nanoseconds(connect) > _HOUR else ""
        faults.error(("connectTimeout",), amounts.duration(connect) or long)
    if detection is not None and amounts.nanoseconds(detection) % amounts.MILLISECOND:
        faults.error(("protocolDetectionTimeout",), "a duration must be in whole milliseconds")


def _trust_domain(text: str) -> str:
    parts = text.removesuffix(".").split(".")
    return "" if all(map(names.is_label, parts)) else f"{text!r} is no trust domain"


def _endpoint(endpoint: dict[str, Any], path: tuple[str | int, ...], faults: Faults) -> None:
    if "fromCidr" in endpoint:
        faults.error((*path, "fromCidr"), names.subnet(endpoint["fromCidr"]))
    if "fromRegistry" in endpoint:
        faults.error((*path, "fromRegistry"), names.label(endpoint["fromRegistry"]))


def _gateway(gateway: dict[str, Any], path: tuple[str | int, ...], faults: Faults) -> None:
    if "registryServiceName" in gateway:
        faults.error((*path, "registryServiceName"), names.fqdn(gateway["registryServiceName"]))
    if "address" in gateway and not names.is_ip(gateway["address"]):
        faults.error((*path, "address"), names.fqdn(gateway["address"]))
    faults.error((*path, "port"), names.port(gateway.get("port", 0)))
