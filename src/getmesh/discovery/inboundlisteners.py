"""The listeners of a sidecar for traffic that comes to its workload.

Istio: ``buildInboundListeners`` of ``pilot/pkg/networking/core/listener_inbound.go``, ``filterchain_options.go``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from getmesh.discovery.gateways import Target
from getmesh.discovery.peers import PERMISSIVE, STRICT, PortModes
from getmesh.discovery.services import HTTP_LIKE, UNSUPPORTED, parse_protocol
from getmesh.model.objects import as_map, as_quoted_number, as_text

TCP: Final = "TCP"


class InboundChain(NamedTuple):
    """One filter chain.

    Attributes:
        port: of the workload, 0 for all others.
        http: whether it speaks HTTP.
        tls: whether it ends mutual TLS.
        matches: number of application protocols that it is limited to.
    """

    port: int
    http: bool
    tls: bool = False
    matches: int = 0


class InboundPort(NamedTuple):
    """A port that a listener or filter chains are made for.

    Attributes:
        number: of the workload.
        protocol: what is spoken there.
        real: whether it gets a listener of its own that is bound to it.
        host: of the service that leads to it, or the name of the Sidecar that declares it.
    """

    number: int
    protocol: str
    real: bool = False
    host: str = ""


_SNIFFED: Final = {
    STRICT: ((True, True, 3), (False, True, 0)),
    PERMISSIVE: ((True, True, 3), (True, False, 2), (False, True, 2), (False, False, 0), (False, False, 0)),
    "": ((True, False, 2), (False, False, 0)),
}
_HTTP: Final = {STRICT: ((True, True, 0),), PERMISSIVE: ((True, True, 5), (True, False, 0)), "": ((True, False, 0),)}
_OPAQUE: Final = {
    STRICT: ((False, True, 0),),
    PERMISSIVE: ((False, True, 5), (False, False, 0), (False, False, 0)),
    "": ((False, False, 0),),
}


def service_ports(targets: Iterable[Target], reserved: frozenset[int], *, real: bool) -> dict[int, InboundPort]:
    """Give the ports that services lead to; of several for one port the oldest counts."""
    found: dict[int, InboundPort] = {}
    for target in targets:
        if target.target not in reserved:
            port = next((port for port in target.service.ports if port.number == target.number), None)
            found.setdefault(
                target.target, InboundPort(target.target, port.protocol if port else TCP, real, target.service.host)
            )
    return found


def declared_ports(ingress: Iterable[Mapping[str, Any]], owner: str, *, bound: bool) -> Iterator[InboundPort]:
    """Yield the ports of a Sidecar's ingress listeners.

    Args:
        ingress: the listeners.
        owner: of the Sidecar.
        bound: whether nothing is redirected to the proxy.
    """
    for item in ingress:
        port = as_map(item.get("port"))
        mode = as_text(item.get("captureMode")) or "DEFAULT"
        real = mode == "NONE" or (mode == "DEFAULT" and bound)
        yield InboundPort(as_quoted_number(port.get("number")), parse_protocol(port.get("protocol")), real, owner)


def chains_of(port: InboundPort, modes: PortModes) -> list[InboundChain]:
    """Give the filter chains of a port."""
    return _chains(port.number, port.protocol, modes.of(port.number))


def other_chains(modes: PortModes, declared: Collection[int]) -> list[InboundChain]:
    """Give the filter chains for all other ports, and for those with a mode of their own that nothing declares."""
    found = _chains(0, UNSUPPORTED, modes.mode)
    for number in sorted(modes.ports.keys() - set(declared)):
        found += _chains(number, UNSUPPORTED, modes.ports[number])
    return found


def _chains(number: int, protocol: str, mode: str) -> list[InboundChain]:
    table = _HTTP if protocol in HTTP_LIKE else _SNIFFED if protocol == UNSUPPORTED else _OPAQUE
    return [InboundChain(number, http, tls, matches) for http, tls, matches in table[mode if mode in table else ""]]
