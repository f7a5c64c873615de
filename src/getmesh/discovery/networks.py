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
    """

    def __init__(self, values: Mapping[str, Any], system_namespace: str) -> None:
        self._system = system_namespace
        self._registries: dict[str, str] = {}
        self._ranges: list[tuple[IPv4Network | IPv6Network, str]] = []
        self._cluster_networks: dict[str, str] = {}
        self._gateways: list[NetworkGateway] = []
        self._by_service: list[tuple[str, str, int]] = []
        for name, value in values.items():
            self._read(name, as_map(value))

    def add_cluster(self, cluster: str, snapshot: Snapshot, services: Sequence[Object], domain: str) -> None:
        """Learn a cluster's network and the gateways that its Services announce."""
        namespace = snapshot.get("Namespace", "", self._system)
        label = namespace.labels.get(NETWORK, "") if namespace else ""
        if label:
            self._cluster_networks[cluster] = label
        for service in services:
            addresses = _external_addresses(service)
            network = service.labels.get(NETWORK, "")
            if network:
                text = service.labels.get(PORT_LABEL, "")
                port = int(text) if text.isdecimal() else DEFAULT_PORT
                self._gateways += [NetworkGateway(network, cluster, address, port) for address in addresses]
            host = f"{service.name}.{service.namespace}.svc.{domain}"
            for wanted, name, port in self._by_service:
                if wanted == host:
                    self._gateways += [NetworkGateway(name, cluster, address, port) for address in addresses]

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
            address = as_text(item.get("address"))
            if is_address(address):
                self._gateways.append(NetworkGateway(name, "", address, port))
            elif item.get("registryServiceName"):
                self._by_service.append((as_text(item.get("registryServiceName")), name, port))


def _external_addresses(service: Object) -> list[str]:
    ingress = as_list(as_map(service.status.get("loadBalancer")).get("ingress"))
    found = [as_text(as_map(item).get("ip")) for item in ingress]
    found += [as_text(item) for item in as_list(service.spec.get("externalIPs"))]
    return [address for address in found if is_address(address)]
