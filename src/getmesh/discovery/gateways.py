"""Which Gateways a router serves, and what follows for its clusters.

Istio: ``mergeGateways`` and ``GatewayServices`` of ``pilot/pkg/model``.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from getmesh.discovery.services import HTTP_LIKE, MeshService, created, parse_protocol
from getmesh.model.objects import Object, as_list, as_map, as_quoted_number, as_strings, as_text
from getmesh.model.selectors import matches

AUTO_PASSTHROUGH: Final = "AUTO_PASSTHROUGH"
NO_TRANSLATION: Final = "experimental.istio.io/disable-gateway-port-translation"


class Target(NamedTuple):
    """A port of a service that a proxy's workload serves: the service, its port's number, the workload's port."""

    service: MeshService
    number: int
    target: int


class Bound(NamedTuple):
    """A server of a Gateway on a router, with the port that it listens on."""

    gateway: Object
    server: Mapping[str, Any]
    port: int

    @property
    def tls_mode(self) -> str:
        """Mode of its TLS settings, ``""`` without any."""
        settings = self.server.get("tls")
        return (as_text(settings.get("mode")) or "PASSTHROUGH") if isinstance(settings, dict) else ""

    @property
    def bind(self) -> str:
        """Address that it listens on, ``""`` for every one."""
        return as_text(self.server.get("bind"))

    @property
    def protocol(self) -> str:
        """What it speaks."""
        return parse_protocol(as_map(self.server.get("port")).get("protocol"))

    @property
    def passes(self) -> bool:
        """Whether it passes TLS on as it comes."""
        return self.tls_mode in ("PASSTHROUGH", AUTO_PASSTHROUGH)

    @property
    def http(self) -> bool:
        """Whether it understands HTTP, be it in TLS that it ends."""
        return self.protocol in HTTP_LIKE or (self.protocol == "HTTPS" and not self.passes)

    @property
    def secure(self) -> bool:
        """Whether it expects TLS; plain HTTP that has TLS settings does not."""
        return bool(self.tls_mode) and self.protocol not in HTTP_LIKE

    @property
    def hosts(self) -> list[str]:
        """Its hosts, as ``host`` or ``namespace/host``."""
        return list(_hosts(self.server, self.gateway.namespace))


class Served:
    """What a router serves.

    Attributes:
        names: Gateways (``namespace/name``) with at least one server.
        servers: those that are bound, first come first served by host.
        passes_sni: whether one of them is AUTO_PASSTHROUGH.
    """

    def __init__(self, gateways: Iterable[Object], targets: list[Target]) -> None:
        self.names: set[str] = set()
        self.servers: list[Bound] = []
        taken: dict[tuple[int, str], set[str]] = {}
        for gateway in gateways:
            for server in map(as_map, as_list(gateway.spec.get("servers"))):
                port = server.get("port")
                if not isinstance(port, dict):
                    continue
                self.names.add(f"{gateway.namespace}/{gateway.name}")
                number = resolved_port(as_quoted_number(port.get("number")), targets)
                if isinstance(server.get("tls"), dict):
                    held = taken.setdefault((number, as_text(server.get("bind"))), set())
                    hosts = set(_hosts(server, gateway.namespace))
                    if hosts & held:
                        continue
                    held |= hosts
                self.servers.append(Bound(gateway, server, number))
        self.passes_sni = any(bound.tls_mode == AUTO_PASSTHROUGH for bound in self.servers)


def selected(
    gateways: Iterable[Object], labels: Mapping[str, str], namespace: str, *, by_namespace: bool
) -> Iterator[Object]:
    """Yield the Gateways that a proxy with these labels serves, oldest first."""
    for gateway in sorted(gateways, key=_age):
        if by_namespace and gateway.namespace != namespace:
            continue
        if matches(as_strings(gateway.spec.get("selector")), labels):
            yield gateway


def resolved_port(number: int, targets: list[Target]) -> int:
    """Give the port that a server binds: the target of the workload's Service port of that number, else itself."""
    for target in targets:
        if target.number == number and NO_TRANSLATION not in target.service.labels:
            return target.target
    return number


def provider_services(mesh: Mapping[str, Any]) -> tuple[set[str], set[tuple[str, str]]]:
    """Give the hosts, and (namespace, host) pairs, that extension providers of the mesh name."""
    hosts: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for provider in map(as_map, as_list(mesh.get("extensionProviders"))):
        for value in provider.values():
            service = as_text(as_map(value).get("service"))
            namespace, slash, host = service.partition("/")
            if slash:
                pairs.add((namespace, host))
            elif service:
                hosts.add(service)
    return hosts, pairs


def filter_services(filters: Iterable[Object]) -> tuple[set[str], set[tuple[str, str]]]:
    """Give the hosts, and (namespace, host) pairs, that EnvoyFilters say they refer to."""
    hosts: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for obj in filters:
        for text in obj.annotations.get("envoyfilter.istio.io/referenced-services", "").split(","):
            namespace, slash, host = text.partition("/")
            if slash:
                pairs.add((namespace, host))
            else:
                hosts.add(text)
    return hosts, pairs


def key_hosts(policies: Iterable[Object]) -> set[str]:
    """Give the hosts that RequestAuthentications fetch key sets from."""
    uris = (
        as_text(as_map(rule).get("jwksUri")) for policy in policies for rule in as_list(policy.spec.get("jwtRules"))
    )
    return {uri.partition("://")[2].partition("/")[0].partition(":")[0] for uri in uris if "://" in uri}


def _hosts(server: Mapping[str, Any], namespace: str) -> Iterator[str]:
    for text in map(as_text, as_list(server.get("hosts"))):
        where, slash, host = text.partition("/")
        if not slash:
            yield text
        elif where == ".":
            yield f"{namespace}/{host}"
        else:
            yield host if where == "*" else text


def _age(obj: Object) -> tuple[str, str, str]:
    return created(obj), obj.name, obj.namespace
