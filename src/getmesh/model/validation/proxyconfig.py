"""The proxy configuration of the mesh (``meshConfig.defaultConfig``), as a Pod's annotation overlays it.

Istio: ``ValidateMeshConfigProxyConfig``. Only what is given can be wrong: the defaults are sound.
"""

import re
from typing import Any, Final

from getmesh.model.fields.decoding import decode_message
from getmesh.model.fields.table import Message, table
from getmesh.model.paths import Path
from getmesh.model.validation import amounts, names, tls
from getmesh.model.validation.faults import Faults

_TEXTS: Final = ("configPath", "binaryPath", "serviceCluster")
_PORTS: Final = ("proxyAdminPort", "statusPort")
_ADDRESSES: Final = ("statsdUdpAddress", "envoyMetricsServiceAddress")
_SERVICES: Final = ("envoyMetricsService", "envoyAccessLogService")
_ATOI: Final = re.compile(r"[+-]?[0-9]{1,18}")
_POSITIVE: Final = ("httpMaxConcurrentStreams", "listenerConnectionLimit", "globalDownstreamConnectionLimit")
_WINDOW: Final = 65535


def proxy_config_message() -> Message:
    """Give the fields of the proxy configuration."""
    mesh = table("mesh.MeshConfig")
    message = mesh.root.fields["defaultConfig"].message if mesh else None
    if message is None:
        raise RuntimeError("the table of mesh configuration has no defaultConfig")
    return message


def annotation_faults(value: Any) -> Faults:
    """Check the decoded value of ``proxy.istio.io/config``; None (an empty text) is fine."""
    faults = Faults()
    if value is None:
        return faults
    decoded = decode_message(proxy_config_message(), value)
    for wrong in decoded.faults:
        faults.error(wrong.path, f"{_named(wrong.path)} must be {wrong.wanted}")
    if not decoded.faults:
        _check(decoded.values, faults)
    return faults


def _named(path: Path) -> str:
    return ".".join(str(step) for step in path) or "the value"


def _check(config: dict[str, Any], faults: Faults) -> None:
    for field in _TEXTS:
        if config.get(field) == "":
            faults.error((field,), f"{field} is empty")
    if "drainDuration" in config:
        value = config["drainDuration"]
        faults.error(("drainDuration",), amounts.duration(value) or amounts.whole_seconds(value))
    for field in _PORTS:
        if field in config:
            faults.error((field,), names.port(config[field]))
    if config.get("controlPlaneAuthPolicy", "NONE") not in ("NONE", "MUTUAL_TLS"):
        faults.error(("controlPlaneAuthPolicy",), "controlPlaneAuthPolicy is neither NONE nor MUTUAL_TLS")
    _addresses(config, faults)
    _tracing(config.get("tracing", {}), faults)
    if "privateKeyProvider" in config:
        _key_provider(config["privateKeyProvider"], faults)
    _connections(config.get("connectionSettings", {}), faults)


def _address(text: str) -> str:
    split = names.host_and_port(text)
    if split is None or not _ATOI.fullmatch(split[1]):
        return f"{text!r} is no HOST:PORT"
    if names.fqdn(split[0]) and not names.is_ip(split[0]):
        return f"host {split[0]!r} is neither a DNS name nor an IP address"
    return names.port(int(split[1]))


def _addresses(config: dict[str, Any], faults: Faults) -> None:
    if "discoveryAddress" in config:
        faults.error(("discoveryAddress",), _address(config["discoveryAddress"]))
    for field in _ADDRESSES:
        if config.get(field):
            faults.error((field,), _address(config[field]))
    for field in _SERVICES:
        if config.get(field, {}).get("address"):
            faults.error((field, "address"), _address(config[field]["address"]))


def _tracing(tracing: dict[str, Any], faults: Faults) -> None:
    for tracer in ("zipkin", "datadog", "lightstep"):
        if tracer in tracing:
            text = tracing[tracer].get("address", "")
            if tracer != "lightstep":
                text = text.replace("$(HOST_IP)", "127.0.0.1", 1)
            faults.error(("tracing", tracer, "address"), _address(text))
    if "lightstep" in tracing and not tracing["lightstep"].get("accessToken"):
        faults.error(("tracing", "lightstep", "accessToken"), "lightstep needs an accessToken")
    tls.client(tracing.get("tlsSettings"), "", ("tracing", "tlsSettings"), faults)


def _key_provider(provider: dict[str, Any], faults: Faults) -> None:
    for name in ("cryptomb", "qat"):
        if name in provider and not provider[name].get("pollDelay"):
            faults.error(("privateKeyProvider", name, "pollDelay"), f"{name} needs a pollDelay")
    if "cryptomb" not in provider and "qat" not in provider:
        faults.error(("privateKeyProvider",), "a private key provider is cryptomb or qat")


def _connections(settings: dict[str, Any], faults: Faults) -> None:
    for field, value in settings.items():
        path = ("connectionSettings", field)
        if type(value) is not int:
            continue
        if field in _POSITIVE:
            faults.error(path, "" if value > 0 else f"{field} must be over 0")
        elif "Window" in field:
            faults.error(path, "" if value >= _WINDOW else f"{field} must be 65535 or more")
        else:
            faults.error(path, f"{field} is negative" if value < 0 else "")
