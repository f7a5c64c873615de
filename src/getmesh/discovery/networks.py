"""Networks of the mesh: which one an address is in, and by which gateways it is reached from elsewhere.

Istio: ``pilot/pkg/serviceregistry/kube/controller/network.go`` and ``pilot/pkg/model/network.go``.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Final, NamedTuple

from getmesh.discovery.endpoints import NETWORK
from getmesh.discovery.naming import is_address
from getmesh.model.objects import Object, as_list, as_map, as_number, as_text
from getmesh.model.snapshot import Snapshot

PORT_LABEL: Final = "networking.istio.io/gatewayPort"
DEFAULT_PORT: Final = 15443
NODES_ANNOTATION: Final = "traffic.istio.io/nodeSelector"
_REMOTE_CLASS: Final = "istio-remote"
_MODE_OPTION: Final = "gateway.istio.io/listener-protocol"
_PASSING_MODE: Final = "auto-passthrough"


class NetworkGateway(NamedTuple):
    """A way into a network: the cluster that announces it (``""`` for mesh networks), address and port."""

    network: str
    cluster: str
    address: str
    port: int


class Networks:
    """The networks of a mesh.

    Args:
        values: ``networks`` of the mesh networks configuration.
        system_namespace: namespace of istiod, whose label names a cluster's network.

    Attributes:
        unknown: gateways whose addresses only a running istiod knows, each as it is to be named.
    """

    def __init__(self, values: Mapping[str, Any], system_namespace: str) -> None:
        self._system = system_namespace
        self._registries: dict[str, str] = {}
        self._ranges: list[tuple[IPv4Network | IPv6Network, str]] = []
        self._cluster_networks: dict[str, str] = {}
        self._gateways: list[NetworkGateway] = []
        self._by_service: list[tuple[str, str, int]] = []
        self.unknown: list[str] = []
        for name, value in values.items():
            self._read(name, as_map(value))

    def add_cluster(
        self, cluster: str, snapshot: Snapshot, services: Sequence[Object], domain: str, *, home: bool
    ) -> None:
        """Learn a cluster's network and the gateways that its Services and Gateway API Gateways announce.

        Args:
            cluster: its name.
            snapshot: its objects.
            services: those of its Services that istiod looks at.
            domain: its DNS suffix.
            home: whether it holds the configuration; only there gateways of other places are declared.
        """
        namespace = snapshot.get("Namespace", "", self._system)
        label = namespace.labels.get(NETWORK, "") if namespace else ""
        if label:
            self._cluster_networks[cluster] = label
        for service in services:
            network, own = service.labels.get(NETWORK, ""), _port_of(service)
            ports = (as_map(port).get("port") for port in as_list(service.spec.get("ports")))
            if network and own in ports:
                self._announce(service, NetworkGateway(network, cluster, "", own))
            host = f"{service.name}.{service.namespace}.svc.{domain}"
            for wanted, name, port in self._by_service:
                if wanted == host:
                    self._announce(service, NetworkGateway(name, cluster, "", port))
        for gateway in snapshot.each("k8s.Gateway"):
            if gateway.labels.get(NETWORK) and (home or gateway.spec.get("gatewayClassName") != _REMOTE_CLASS):
                self._declare(gateway, cluster)

    def _announce(self, service: Object, gateway: NetworkGateway) -> None:
        if NODES_ANNOTATION in service.annotations and service.spec.get("type") == "NodePort":
            self.unknown.append(f"Service {service.full_name} (nodes)")
            return
        for address in _external_addresses(service):
            self._add(f"Service {service.full_name}", gateway._replace(address=address))

    def _declare(self, gateway: Object, cluster: str) -> None:
        for address in map(as_map, as_list(gateway.spec.get("addresses"))):
            if address.get("type") not in ("IPAddress", "Hostname"):
                continue
            for listener in map(as_map, as_list(gateway.spec.get("listeners"))):
                if _passes(gateway, listener) or listener.get("protocol") == "HBONE":
                    where = as_text(address.get("value"))
                    held = NetworkGateway(gateway.labels[NETWORK], cluster, where, as_number(listener.get("port")))
                    self._add(f"Gateway {gateway.full_name}", held)

    def _add(self, name: str, gateway: NetworkGateway) -> None:
        if is_address(gateway.address):
            self._gateways.append(gateway)
        elif gateway.address:
            self.unknown.append(f"{name} ({gateway.address})")

    def of_address(self, address: str, labels: Mapping[str, str], cluster: str) -> str:
        """Give the network of a workload: its label, its cluster's, its registry's, or by its address."""
        found = labels.get(NETWORK) or self._cluster_networks.get(cluster) or self._registries.get(cluster)
        if found or not self._ranges or not is_address(address):
            return found or ""
        held = ip_address(address)
        return next((name for area, name in self._ranges if held.version == area.version and held in area), "")

    @property
    def several(self) -> bool:
        """Whether any gateway between networks is known."""
        return bool(self._gateways)

    def gateways(self, network: str, cluster: str) -> list[NetworkGateway]:
        """Give the gateways of a network, those of the endpoint's cluster if it has some."""
        found = [gateway for gateway in self._gateways if gateway.network == network]
        return [gateway for gateway in found if gateway.cluster == cluster] or found

    def _read(self, name: str, value: Mapping[str, Any]) -> None:
        for item in map(as_map, as_list(value.get("endpoints"))):
            if item.get("fromRegistry"):
                self._registries[as_text(item.get("fromRegistry"))] = name
            elif item.get("fromCidr"):
                try:
                    self._ranges.append((ip_network(as_text(item.get("fromCidr")), strict=False), name))
                except ValueError:
                    continue
        for item in map(as_map, as_list(value.get("gateways"))):
            port = as_number(item.get("port"))
            if item.get("address"):
                self._add(f"network {name}", NetworkGateway(name, "", as_text(item.get("address")), port))
            elif item.get("registryServiceName"):
                self._by_service.append((as_text(item.get("registryServiceName")), name, port))


def _port_of(service: Object) -> int:
    text = service.labels.get(PORT_LABEL, "")
    return int(text) if text.isdecimal() else DEFAULT_PORT


def _passes(gateway: Object, listener: Mapping[str, Any]) -> bool:
    """Whether a listener of a network's Gateway passes TLS on by server name."""
    settings = listener.get("tls")
    if not isinstance(settings, dict):
        return False
    if as_map(settings.get("options")).get(_MODE_OPTION) == _PASSING_MODE:
        return True
    return str(listener.get("port")) == gateway.labels.get(PORT_LABEL, str(DEFAULT_PORT))


def _external_addresses(service: Object) -> list[str]:
    """Give the addresses that a Service has outside of its cluster, names included."""
    ingress = map(as_map, as_list(as_map(service.status.get("loadBalancer")).get("ingress")))
    found = [as_text(item.get("ip")) or as_text(item.get("hostname")) for item in ingress]
    found += [as_text(item) for item in as_list(service.spec.get("externalIPs"))]
    return [address for address in found if address]
