"""The protocol of a Service port, by its name, number and fields.

Istio: ``kube.ConvertProtocol`` and the well-known ports of ``protocol`` sniffing.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from getmesh.model.objects import Object, as_list, as_map, as_number, as_text

_APP_PROTOCOLS: Final = frozenset({"kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss"})
_PREFIXES: Final = frozenset(
    {"tcp", "udp", "grpc", "http", "http_proxy", "http2", "https", "tls", "mongo", "redis", "mysql"}
)
_SERVER_FIRST: Final = frozenset({25, 53, 3306, 27017})


@lru_cache(maxsize=16384)
def recognised(number: int, name: str, protocol: str, app_protocol: str | None) -> bool:
    """Whether a port declares its protocol, or has a number that Istio never sniffs.

    Args:
        number: the Service's port, not the target.
        name: of the port.
        protocol: transport, compared exactly.
        app_protocol: None if the port has no such field; an empty one replaces the name too.
    """
    if protocol == "UDP":
        return True
    if app_protocol in _APP_PROTOCOLS:
        return True
    return _names_protocol(name if app_protocol is None else app_protocol) or number in _SERVER_FIRST


def unclear_ports(service: Object) -> list[tuple[int, Mapping[str, Any]]]:
    """Give the ports of a Service that declare no protocol, each with its position."""
    found: list[tuple[int, Mapping[str, Any]]] = []
    for index, port in enumerate(map(as_map, as_list(service.spec.get("ports")))):
        app_protocol = port.get("appProtocol")
        if not recognised(
            as_number(port.get("port")),
            as_text(port.get("name")),
            as_text(port.get("protocol")),
            None if app_protocol is None else as_text(app_protocol),
        ):
            found.append((index, port))
    return found


def _names_protocol(text: str) -> bool:
    folded = text.lower()
    return folded.startswith("grpc-web") or folded.partition("-")[0] in _PREFIXES
