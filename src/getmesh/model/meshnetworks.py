"""Mesh networks, and the registries that their endpoints may name.

Istio: ``validation.ValidateMeshNetworks``, ``analyzers/multicluster``.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from getmesh.model.meshconfig import MeshConfig
from getmesh.model.objects import EMPTY, Object, as_list, as_map, as_number
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation.names import fqdn, is_ip, is_label, port, subnet

BUILT_IN: Final = frozenset({"Kubernetes", "Mock", "External"})
REMOTE_LABEL: Final = "istio/multiCluster"


class MeshNetworks:
    """Networks of the mesh; one bad network makes Istio ignore them all.

    Attributes:
        networks: by name, decoded, empty if any of them is not valid.
        source: the ConfigMap that holds them, None if the user gave them.
        registries: names of clusters that exist: the built-in ones and the keys of remote secrets.
    """

    READS: ClassVar[frozenset[str]] = MeshConfig.READS | {"Secret"}

    def __init__(self, snapshot: Snapshot) -> None:
        mesh = snapshot.service(MeshConfig)
        networks = mesh.networks
        self.networks: Mapping[str, Any] = networks if all(map(_valid, networks.values())) else EMPTY
        given = snapshot.settings.mesh_networks is not None
        self.source: Object | None = None if given else snapshot.get("ConfigMap", "istio-system", "istio")
        remote = (secret for secret in snapshot.each("Secret") if secret.labels.get(REMOTE_LABEL) == "true")
        self.registries = BUILT_IN | {key for secret in remote for key in as_map(secret.raw.get("data"))}


def _valid(network: object) -> bool:
    if not isinstance(network, dict):
        return False
    return all(_endpoint_valid(as_map(endpoint)) for endpoint in as_list(network.get("endpoints"))) and all(
        _gateway_valid(as_map(gateway)) for gateway in as_list(network.get("gateways"))
    )


def _endpoint_valid(endpoint: Mapping[str, Any]) -> bool:
    block, registry = endpoint.get("fromCidr"), endpoint.get("fromRegistry")
    if block is not None:
        return registry is None and isinstance(block, str) and not subnet(block)
    return registry is None or (isinstance(registry, str) and is_label(registry))


def _gateway_valid(gateway: Mapping[str, Any]) -> bool:
    address, service = gateway.get("address"), gateway.get("registryServiceName")
    if port(as_number(gateway.get("port"))):
        return False
    if address is not None:
        return service is None and isinstance(address, str) and (is_ip(address) or not fqdn(address))
    return service is None or (isinstance(service, str) and not fqdn(service))
