"""Kubernetes Services and ServiceEntries as the one kind of service that istiod works with.

Istio: ``pilot/pkg/serviceregistry/kube/conversion.go`` and ``serviceentry/conversion.go``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_network
from typing import Any, Final, NamedTuple

from getmesh.discovery.naming import is_address
from getmesh.model.objects import EMPTY, Object, as_list, as_map, as_number, as_quoted_number, as_strings, as_text

EXPORT_ANNOTATION: Final = "networking.istio.io/exportTo"
DISTRIBUTION_ANNOTATION: Final = "networking.istio.io/traffic-distribution"
CONNECT_ANNOTATION: Final = "istio.io/connect-strategy"
_SPREADS: Final = frozenset({"preferclose", "prefersamezone", "prefersamenode"})
_SERVER_FIRST: Final = frozenset({25, 53, 3306, 27017})
_APP_PROTOCOLS: Final = {"kubernetes.io/h2c": "HTTP2", "kubernetes.io/ws": "HTTP", "kubernetes.io/wss": "HTTPS"}
_PROTOCOLS: Final = {
    "tcp": "TCP", "udp": "UDP", "grpc": "GRPC", "grpc-web": "GRPC-Web", "http": "HTTP", "http_proxy": "HTTP_PROXY",
    "http2": "HTTP2", "https": "HTTPS", "tls": "TLS", "mongo": "Mongo", "redis": "Redis", "mysql": "MySQL",
}  # fmt: skip
UNSUPPORTED: Final = "UnsupportedProtocol"
HTTP_LIKE: Final = frozenset({"HTTP", "HTTP2", "HTTP_PROXY", "GRPC", "GRPC-Web"})


class Resolution(Enum):
    """How addresses of a service are found."""

    CLIENT_SIDE = "client side"
    DNS = "DNS"
    DNS_ROUND_ROBIN = "DNS round robin"
    PASSTHROUGH = "passthrough"
    DYNAMIC = "dynamic DNS"
    ALIAS = "alias"


_RESOLUTIONS: Final = {
    "STATIC": Resolution.CLIENT_SIDE, "DNS": Resolution.DNS, "DNS_ROUND_ROBIN": Resolution.DNS_ROUND_ROBIN,
    "DYNAMIC_DNS": Resolution.DYNAMIC,
}  # fmt: skip
NAMED: Final = frozenset({Resolution.DNS, Resolution.DNS_ROUND_ROBIN})


class Port(NamedTuple):
    """A port of a service: its own number, its name, and the protocol that istiod makes of it."""

    number: int
    name: str
    protocol: str


@dataclass(frozen=True, slots=True, eq=False)
class MeshService:
    """One service in one namespace.

    Attributes:
        host: full name, may be a wildcard.
        namespace: of the object.
        name: a Kubernetes Service's name, a ServiceEntry's host.
        created: creation time as written, ``""`` if unknown.
        kubernetes: from a Service, not a ServiceEntry.
        export_to: as declared, empty if not.
        labels, selector: of the object; the selector is None if there is none.
        external: outside of the mesh.
        node_local: only endpoints of the client's node count.
        spreads: prefers near endpoints by traffic distribution.
        races: DNS answers are raced.
        address: first virtual IP, ``0.0.0.0`` if there is none.
        allocated: address that istiod gave to a ServiceEntry without any, for proxies that answer DNS.
        source: the object.
        target_ports: a Service's target ports as written, by position.
    """

    host: str
    namespace: str
    name: str
    created: str
    kubernetes: bool
    resolution: Resolution
    ports: tuple[Port, ...]
    export_to: frozenset[str]
    labels: Mapping[str, str]
    selector: Mapping[str, str] | None
    external: bool
    node_local: bool
    spreads: bool
    races: bool
    address: str
    source: Object
    target_ports: tuple[Any, ...] = ()
    allocated: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """(host, namespace), under which endpoints are kept."""
        return self.host, self.namespace


def by_number(ports: tuple[Port, ...], number: int) -> Port | None:
    """Give the first port of that number that is not UDP."""
    for port in ports:
        if port.number == number and port.protocol != "UDP":
            return port
    return None


def kubernetes_host(name: str, namespace: str, domain: str) -> str:
    """Give the full name of a Kubernetes Service."""
    return f"{name}.{namespace}.svc.{domain}"


def from_service(obj: Object, domain: str, namespace_annotations: Mapping[str, str]) -> MeshService:
    """Convert a Kubernetes Service."""
    spec = obj.spec
    ports = [as_map(item) for item in as_list(spec.get("ports"))]
    alias = as_text(spec.get("externalName")) if spec.get("type") == "ExternalName" else ""
    cluster_ip = as_text(spec.get("clusterIP"))
    resolution = Resolution.ALIAS if alias else Resolution.CLIENT_SIDE
    if cluster_ip == "None":
        resolution = Resolution.PASSTHROUGH
    annotation = obj.annotations.get(EXPORT_ANNOTATION, "")
    selector = as_strings(spec.get("selector"))
    return MeshService(
        host=kubernetes_host(obj.name, obj.namespace, domain),
        namespace=obj.namespace,
        name=obj.name,
        created=created(obj),
        kubernetes=True,
        resolution=resolution,
        ports=tuple(Port(as_number(port.get("port")), as_text(port.get("name")), _protocol(port)) for port in ports),
        export_to=frozenset(entry.strip() for entry in annotation.split(",")) if annotation else frozenset(),
        labels=obj.labels,
        selector=selector or None,
        external=bool(alias),
        node_local=spec.get("internalTrafficPolicy") == "Local",
        spreads=_spreads(as_text(spec.get("trafficDistribution")), obj.annotations, namespace_annotations),
        races=False,
        address=cluster_ip if cluster_ip not in ("", "None") else "0.0.0.0",  # noqa: S104 - istiod's word for none
        source=obj,
        target_ports=tuple(port.get("targetPort") for port in ports),
    )


def from_entry(obj: Object, namespace_annotations: Mapping[str, str]) -> Iterator[MeshService]:
    """Convert a ServiceEntry: one service for each host and address."""
    spec = obj.spec
    ports = tuple(
        Port(as_quoted_number(item.get("number")) or 0, as_text(item.get("name")), parse_protocol(item.get("protocol")))
        for item in map(as_map, as_list(spec.get("ports")))
    )
    workloads = spec.get("workloadSelector")
    addresses = [text for item in as_list(spec.get("addresses")) if (text := _entry_address(as_text(item)))]
    allocated = ""
    if not as_list(spec.get("addresses")):
        allocated = next((as_text(as_map(item).get("value")) for item in as_list(obj.status.get("addresses"))), "")
        addresses = ["0.0.0.0"]  # noqa: S104 - istiod's word for no address
    for host in map(as_text, as_list(spec.get("hosts"))):
        for address in addresses:
            yield MeshService(
                host=host,
                namespace=obj.namespace,
                name=host,
                created=created(obj),
                kubernetes=False,
                resolution=_RESOLUTIONS.get(as_text(spec.get("resolution")), Resolution.PASSTHROUGH),
                ports=ports,
                export_to=frozenset(map(as_text, as_list(spec.get("exportTo")))),
                labels=obj.labels,
                selector=as_strings(as_map(workloads).get("labels")) if isinstance(workloads, dict) else None,
                external=spec.get("location") in (None, "MESH_EXTERNAL", 0),
                node_local=False,
                spreads=_spreads("", obj.annotations, namespace_annotations),
                races=obj.annotations.get(CONNECT_ANNOTATION) == "RACE_FIRST_TCP_CONNECT",
                address=address,
                source=obj,
                allocated=allocated,
            )


def created(obj: Object) -> str:
    """Give the creation time as written, ``""`` if unknown; such objects count as the oldest."""
    return as_text(as_map(obj.raw.get("metadata")).get("creationTimestamp"))


def parse_protocol(value: Any) -> str:
    """Give istiod's protocol of a text, in whatever case."""
    return _PROTOCOLS.get(as_text(value).lower(), UNSUPPORTED)


def _protocol(port: Mapping[str, Any]) -> str:
    if port.get("protocol") == "UDP":
        return "UDP"
    name, app = as_text(port.get("name")), port.get("appProtocol")
    if isinstance(app, str):
        if app in _APP_PROTOCOLS:
            return _APP_PROTOCOLS[app]
        name = app
    if name.lower().startswith("grpc-web"):
        return "GRPC-Web"
    found = parse_protocol(name.partition("-")[0])
    return "TCP" if found == UNSUPPORTED and as_number(port.get("port")) in _SERVER_FIRST else found


def _spreads(spec: str, own: Mapping[str, str], inherited: Mapping[str, str] = EMPTY) -> bool:
    if spec in ("PreferClose", "PreferSameZone", "PreferSameNode"):
        return True
    for annotations in (own, inherited):
        text = annotations.get(DISTRIBUTION_ANNOTATION, "").lower()
        if text:
            return text in _SPREADS
    return False


def _entry_address(text: str) -> str:
    if is_address(text):
        return text
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return ""
    return str(network.network_address) if network.num_addresses == 1 else text
