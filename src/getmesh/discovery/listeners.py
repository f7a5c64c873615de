"""The listeners that a sidecar gets for traffic that leaves its workload.

Istio: ``buildSidecarOutboundListeners`` of ``pilot/pkg/networking/core/listener.go``. Addresses of IPv6 proxies are
written as those of IPv4: only which listeners fall together matters here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from getmesh.discovery.chains import TCP_LIKE, TLS_LIKE, Chain, tcp_chains
from getmesh.discovery.imports import Listener
from getmesh.discovery.naming import is_address
from getmesh.discovery.registry import Registry
from getmesh.discovery.services import HTTP_LIKE, UNSUPPORTED, MeshService, Port, Resolution, parse_protocol
from getmesh.model.objects import as_map, as_quoted_number, as_text

WILDCARD: Final = "0.0.0.0"  # noqa: S104 - Envoy's name for every address
LOCALHOST: Final = "127.0.0.1"
UNIX: Final = "unix://"
PROXY: Final = "HTTP_PROXY"
_SERVER_FIRST: Final = frozenset({"Mongo", "MySQL"})

Key = tuple[str, int]


@dataclass(slots=True)
class Outbound:
    """One listener.

    Attributes:
        protocol: what is expected there; ``UNSUPPORTED`` where HTTP and TCP are told apart.
        chains: its filter chains, without the one for all other traffic.
        real: whether it is bound to a port, not only found by what iptables redirects.
        locked: whether a listener with a port of its own made it, so that no later one adds to it.
    """

    protocol: str
    chains: list[Chain] = field(default_factory=list)
    real: bool = False
    locked: bool = False


class Ground(NamedTuple):
    """What decides where listeners go, beside services.

    Attributes:
        bound: every listener is bound to a port, since nothing is redirected to the proxy.
        pod_chains: pods of a headless service share a listener with a filter chain each.
        answers: the proxy answers DNS, so that services without an address have one that istiod gave them.
        reserved: ports of the proxy itself.
    """

    bound: bool = False
    pod_chains: bool = False
    answers: bool = False
    reserved: frozenset[int] = frozenset()


class _Wanted(NamedTuple):
    """A service's port that wants a listener.

    Attributes:
        bind: address, ``""`` for what follows from service and protocol.
        ranges: destinations that are told apart within a listener.
        pod: address of the pod of a headless service, ``""`` for services.
    """

    service: MeshService
    port: Port
    bind: str
    ranges: frozenset[str] = frozenset()
    pod: str = ""


class OutboundListeners:
    """Works out the outbound listeners of one list of egress listeners, by address and port."""

    def __init__(self, registry: Registry, ground: Ground) -> None:
        self._registry = registry
        self._ground = ground
        self.found: dict[Key, Outbound] = {}

    def add(self, listener: Listener) -> None:
        """Add the listeners of one egress listener; those with a port come first, and close what they make."""
        bind = listener.bind
        real = self._ground.bound or listener.spec.get("captureMode") == "NONE" or bind.startswith(UNIX)
        bind = bind or (LOCALHOST if real else "")
        if isinstance(listener.spec.get("port"), dict):
            declared = as_map(listener.spec["port"])
            number = as_quoted_number(declared.get("number"))
            port = Port(number, as_text(declared.get("name")), parse_protocol(declared.get("protocol")))
            if not self._reserved(bind, port):
                for service, _ in listener.imported:
                    self._listen(_Wanted(service, port, bind), listener, real=real)
            return
        for held in self.found.values():
            held.locked = True
        for service, ports in listener.imported:
            for port in ports:
                if not (self._served(bind, port) or self._reserved(bind, port)):
                    for wanted in self._wanted(service, port, bind):
                        self._listen(wanted, listener, real=real)

    def _served(self, bind: str, port: Port) -> bool:
        """Whether the listener of all HTTP services of a port is there already; most ports of a mesh end here."""
        if bind or port.protocol not in HTTP_LIKE or port.protocol == PROXY:
            return False
        held = self.found.get((WILDCARD, port.number))
        return held is not None and held.protocol not in TCP_LIKE

    def _reserved(self, bind: str, port: Port) -> bool:
        """Whether a listener would be where the proxy itself listens."""
        everywhere = bind == WILDCARD or (not bind and port.protocol in HTTP_LIKE)
        return everywhere and port.number in self._ground.reserved

    def _wanted(self, service: MeshService, port: Port, bind: str) -> Iterator[_Wanted]:
        """Yield where a service's port is listened for: for headless services at each pod, unless it speaks HTTP."""
        opaque = port.protocol in TCP_LIKE or port.protocol == UNSUPPORTED
        headless = service.resolution is Resolution.PASSTHROUGH and self._address(service) == WILDCARD
        if bind or not headless or not opaque:
            yield _Wanted(service, port, bind)
            return
        pods = self._registry.endpoints_by_number(service.key, port.number)
        if not pods and not service.kubernetes and service.selector is None:
            yield _Wanted(service, port, bind)
        for pod in pods:
            if not is_address(pod.address):
                continue
            if self._ground.pod_chains and port.protocol in TCP_LIKE:
                yield _Wanted(service, port, WILDCARD, frozenset({pod.address}), pod.address)
            else:
                yield _Wanted(service, port, pod.address, pod=pod.address)

    def _address(self, service: MeshService) -> str:
        return service.allocated if service.allocated and self._ground.answers else address_of(service)

    def _listen(self, wanted: _Wanted, listener: Listener, *, real: bool) -> None:
        service, port = wanted.service, wanted.port
        if service.resolution is Resolution.ALIAS or port.protocol == "UDP":
            return
        http = port.protocol in HTTP_LIKE
        if not wanted.bind:
            wanted = _placed(wanted, WILDCARD if http else self._address(service))
        key = (wanted.bind, port.number)
        held = self.found.get(key)
        if held is None or (port.protocol == PROXY and not held.locked):
            self.found[key] = Outbound(_expected(wanted), self._chains(wanted, listener), real)
        elif not held.locked and not (http and held.protocol not in TCP_LIKE):
            self._join(held, wanted, listener)

    def _join(self, held: Outbound, wanted: _Wanted, listener: Listener) -> None:
        """Add to a listener; one that has no HTTP yet and gets some, or the other way round, tells them apart."""
        protocol = wanted.port.protocol
        if ({protocol, held.protocol} & _SERVER_FIRST) and protocol != held.protocol:
            return
        chains = self._chains(wanted, listener)
        if protocol == UNSUPPORTED and held.protocol in HTTP_LIKE:
            held.protocol, held.chains = protocol, chains
            return
        if protocol == UNSUPPORTED and held.protocol == UNSUPPORTED:
            chains = [chain for chain in chains if not chain.route]
        if not (protocol in TCP_LIKE and held.protocol in TCP_LIKE):
            held.protocol = UNSUPPORTED
        for chain in chains:
            if not any(chain.conflicts(other) for other in held.chains):
                held.chains.append(chain)

    def _chains(self, wanted: _Wanted, listener: Listener) -> list[Chain]:
        service, port, pod = wanted.service, wanted.port, wanted.pod
        sniffed = port.protocol == UNSUPPORTED
        found: list[Chain] = []
        if sniffed or port.protocol in TCP_LIKE:
            named = port.protocol in TLS_LIKE and self._needs_names(wanted)
            found += tcp_chains(service, port, wanted.ranges, pod, listener.opaque_routes, named=named)
        if sniffed or port.protocol in HTTP_LIKE:
            own = sniffed and wanted.bind != WILDCARD
            route = f"{service.host}:{port.number}" if own else str(port.number) if port.number else wanted.bind
            matched = sniffed or (port.protocol != PROXY and wanted.bind == WILDCARD)
            found.append(Chain(route=route, matched=matched, pod=pod))
        return found

    def _needs_names(self, wanted: _Wanted) -> bool:
        """Whether the address does not tell a TLS service from others."""
        service = wanted.service
        if service.resolution is Resolution.DYNAMIC and service.host.startswith("*"):
            return True
        shared = self._address(service) == WILDCARD and wanted.bind == WILDCARD
        return bool(wanted.ranges or shared) and not (wanted.ranges and wanted.pod)


def address_of(service: MeshService) -> str:
    """Give where a service is reached: its address, or for a Service that has yet to get one a name for it."""
    pending = service.kubernetes and service.resolution is Resolution.CLIENT_SIDE and service.address == WILDCARD
    return f"{service.name}.{service.namespace}" if pending else service.address


def _placed(wanted: _Wanted, address: str) -> _Wanted:
    if "/" in address:
        return wanted._replace(bind=WILDCARD, ranges=frozenset({address}))
    return wanted._replace(bind=address)


def _expected(wanted: _Wanted) -> str:
    """Give what a new listener expects: where HTTP is bound to every address, other traffic passes too."""
    everywhere = wanted.port.protocol in HTTP_LIKE and wanted.port.protocol != PROXY and wanted.bind == WILDCARD
    return UNSUPPORTED if everywhere else wanted.port.protocol
