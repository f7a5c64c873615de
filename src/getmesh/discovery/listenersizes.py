"""Bytes of listeners and their filter chains that an istiod without special settings builds.

Measured with Istio 1.32; each number is what a message takes beside the texts that are added to it.
"""

from collections.abc import Iterable
from typing import Final

from getmesh.discovery.chains import Chain
from getmesh.discovery.inboundlisteners import InboundChain, InboundPort
from getmesh.discovery.listeners import Key, Outbound
from getmesh.discovery.serverlisteners import ServerChain
from getmesh.discovery.settings import Settings
from getmesh.model.objects import as_list

_LISTENER: Final = 21
_OUTBOUND_HTTP: Final = 1890
_SERVER_HTTP: Final = 1930
_INBOUND_HTTP: Final = 2090
_TCP: Final = 125
_INBOUND_TCP: Final = 360
_MONGO: Final = 125
_WEIGHTED: Final = 6
_OTHERS: Final = 145
_SNIFFED: Final = 29
_VIRTUAL_OUTBOUND: Final = 415
_VIRTUAL_INBOUND: Final = 560
_TUNNEL: Final = 500
_STATS: Final = 61
_LOG: Final = 123
_LOG_FORMATS: Final = {"JSON": 1048}
_LOG_TEXT: Final = 530
_HTTP_INSPECTOR: Final = 131
_TLS_INSPECTOR: Final = 135
_ORIGINAL_DESTINATION: Final = 124
_PORT_OF_INSPECTOR: Final = 10
_SECURE: Final = 425
_SERVER_SECURE: Final = 165
_SERVER_NAME_PROTOCOLS: Final = 70
_MATCHES: Final = {0: 12, 2: 35, 3: 54, 5: 82}
_PASSTHROUGH: Final = "PassthroughCluster"
_BLACK_HOLE: Final = "BlackHoleCluster"
_INBOUND_OTHERS: Final = "InboundPassthroughCluster"


class ListenerSizes:
    """Bytes of listeners under one mesh configuration.

    Each filter chain counts requests for Prometheus, as installations set it up, unless mesh configuration has default
    providers and none of metrics; and it logs them where mesh configuration names a file. Tracing, Telemetry objects,
    policies and EnvoyFilters add more, which is not counted.
    """

    def __init__(self, mesh: Settings) -> None:
        providers = mesh.values.get("defaultProviders")
        silent = isinstance(providers, dict) and not as_list(providers.get("metrics"))
        self._stats = 0 if silent else _STATS
        self._log = _log(mesh)
        self._chain = self._stats + self._log

    def outbound(self, key: Key, held: Outbound, namespace: str, mode: str) -> int:
        """Give the bytes of a sidecar's listener for outgoing traffic.

        Args:
            key: address and port of the listener.
            held: the listener.
            namespace: of the proxy.
            mode: what becomes of traffic to unknown destinations.
        """
        name = f"{key[0]}_{key[1]}"
        size = _LISTENER + len(name) + len(key[0])
        size += sum(3 + self._outbound_chain(chain, name, namespace) for chain in held.chains)
        if not any(chain.catches_all for chain in held.chains):
            size += _OTHERS + self._chain + 2 * len(_PASSTHROUGH if mode.startswith("ALLOW_ANY") else _BLACK_HOLE)
        size += _TLS_INSPECTOR if any(chain.names for chain in held.chains) else 0
        return size + (_HTTP_INSPECTOR if any(chain.matched for chain in held.chains) else 0)

    def virtual_outbound(self) -> int:
        """Give the bytes of the listener for traffic that no other one takes."""
        return _VIRTUAL_OUTBOUND + 2 * self._chain

    def http_proxy(self, port: int) -> int:
        """Give the bytes of the listener that takes a workload's requests as an HTTP proxy."""
        return _LISTENER + _OUTBOUND_HTTP + self._chain + 2 * len(f"127.0.0.1_{port}")

    def tunnel(self) -> int:
        """Give the bytes of a listener for tunnels to or from ambient workloads."""
        return _TUNNEL

    def inbound(self, port: InboundPort, chains: Iterable[InboundChain], namespace: str) -> int:
        """Give the bytes of a listener that is bound to one port of the workload."""
        return _LISTENER + 25 + self._log + sum(self._inbound_chain(port.host, chain, namespace) for chain in chains)

    def virtual_inbound(
        self, declared: list[tuple[InboundPort, InboundChain]], others: list[InboundChain], namespace: str
    ) -> int:
        """Give the bytes of the listener that all incoming traffic is redirected to.

        Args:
            declared: chains of ports that services or a Sidecar lead to.
            others: chains of all other ports.
            namespace: of the proxy.
        """
        size = _VIRTUAL_INBOUND + self._chain + _ORIGINAL_DESTINATION
        size += sum(self._inbound_chain(port.host, chain, namespace) for port, chain in declared)
        size += sum(self._inbound_chain(_INBOUND_OTHERS, chain, namespace) for chain in others)
        chains = [*(chain for _, chain in declared), *others]
        if any(chain.tls for chain in chains):
            size += _TLS_INSPECTOR + _PORT_OF_INSPECTOR
        looked = {chain.port for chain in chains if chain.matches == len(("http/1.1", "h2c")) and chain.http}
        plain = {chain.port for chain in chains} - looked
        return size + (_HTTP_INSPECTOR + _PORT_OF_INSPECTOR * (2 + len(plain)) if looked else 0)

    def server(self, key: Key, chains: list[ServerChain], namespace: str) -> int:
        """Give the bytes of a router's listener."""
        name = f"{key[0]}_{key[1]}"
        size = _LISTENER + len(name) + len(key[0]) + self._log
        for chain in chains:
            names = sum(len(text) + 2 for text in chain.names)
            size += 3 + (names + 2 if names else 0) + (_SERVER_SECURE if chain.ends_tls else 0)
            if chain.route:
                size += _SERVER_HTTP + self._chain + len(f"outbound_{name};") + len(chain.route) + len(namespace)
            else:
                size += self._tcp(chain.targets) + (_SERVER_NAME_PROTOCOLS if chain.passes_any else 0)
        return size + (_TLS_INSPECTOR if any(chain.names for chain in chains) else 0)

    def _outbound_chain(self, chain: Chain, name: str, namespace: str) -> int:
        if chain.route:
            size = _OUTBOUND_HTTP + self._chain + len(f"outbound_{name};") + len(chain.route) + len(namespace)
            return size + (_SNIFFED if chain.matched else 0)
        size = self._tcp(chain.targets) + (_MONGO + len(chain.targets[0]) if chain.mongo else 0)
        size += sum(len(text) + 4 for text in (*chain.names, *chain.ranges))
        return size + (64 + len(chain.config) if chain.config else 0)

    def _tcp(self, targets: tuple[str, ...]) -> int:
        """Give the bytes of a chain that passes connections on to a cluster, or to several by weight."""
        if len(targets) == 1:
            return _TCP + self._chain + 2 * len(targets[0])
        return _TCP + self._chain + 20 + sum(len(target) + _WEIGHTED for target in targets)

    def _inbound_chain(self, host: str, chain: InboundChain, namespace: str) -> int:
        size = 3 + _MATCHES[chain.matches] + (5 if chain.port else 0) + (_SECURE if chain.tls else 0) + self._chain
        if chain.http:
            return size + _INBOUND_HTTP + len(host) + len(namespace)
        cluster = f"inbound|{chain.port}||" if chain.port else _INBOUND_OTHERS
        return size + _INBOUND_TCP + 2 * len(cluster)


def _log(mesh: Settings) -> int:
    """Give the bytes by which a filter chain, and a listener of its own, says how to log."""
    file = mesh.text("accessLogFile")
    usual = _LOG_FORMATS.get(mesh.text("accessLogEncoding"), _LOG_TEXT)
    return _LOG + len(file) + (len(mesh.text("accessLogFormat")) or usual) if file else 0
