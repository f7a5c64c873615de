"""The protocol of a Service port, by its name, number and fields.

Istio: ``kube.ConvertProtocol`` and the well-known ports of ``protocol`` sniffing.
"""

from functools import lru_cache
from typing import Final

_APP_PROTOCOLS: Final = frozenset({"kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss"})
_PREFIXES: Final = frozenset(
    {"tcp", "udp", "grpc", "http", "http_proxy", "http2", "https", "tls", "mongo", "redis", "mysql"}
)
_SERVER_FIRST: Final = frozenset({25, 53, 3306, 27017})


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


@lru_cache(maxsize=4096)
def _names_protocol(text: str) -> bool:
    folded = text.lower()
    return folded.startswith("grpc-web") or folded.partition("-")[0] in _PREFIXES
