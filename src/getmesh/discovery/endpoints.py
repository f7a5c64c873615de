"""Endpoints: an address with what istiod knows of the workload behind it.

Istio: ``pilot/pkg/serviceregistry/kube/controller/endpoint_builder.go`` and ``util/label``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from getmesh.model.objects import Object, as_list, as_map, as_text

REGION: Final = "topology.kubernetes.io/region"
ZONE: Final = "topology.kubernetes.io/zone"
SUBZONE: Final = "topology.istio.io/subzone"
HOSTNAME: Final = "kubernetes.io/hostname"
CLUSTER: Final = "topology.istio.io/cluster"
NETWORK: Final = "topology.istio.io/network"
TLS_MODE: Final = "security.istio.io/tlsMode"
TUNNEL: Final = "networking.istio.io/tunnel"
MANAGED: Final = "gateway.istio.io/managed"
REDIRECTION: Final = "ambient.istio.io/redirection"
_WAYPOINT_CONTROLLER: Final = "istio.io-mesh-controller"
_OLD_REGION: Final = "failure-domain.beta.kubernetes.io/region"
_OLD_ZONE: Final = "failure-domain.beta.kubernetes.io/zone"
_CANONICAL_NAMES: Final = ("service.istio.io/canonical-name", "app.kubernetes.io/name", "app")
_CANONICAL_REVISIONS: Final = ("service.istio.io/canonical-revision", "app.kubernetes.io/version", "version")
_LOCALITY_LABELS: Final = ("topology.istio.io/locality", "istio-locality")


class Health(Enum):
    """Health of an endpoint, in Envoy's words but for the last one, which is never sent."""

    HEALTHY = "HEALTHY"
    UNHEALTHY = "UNHEALTHY"
    DRAINING = "DRAINING"
    TERMINATING = "TERMINATING"


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """One address and port of a service.

    Attributes:
        address: IP, host name, or ``unix://PATH`` of a socket.
        port: 0 for a socket.
        port_name: name of the service port that it belongs to.
        entry_port: number of the ServiceEntry port, 0 for endpoints of Kubernetes.
        labels: of the workload, with topology.
        health: as the registry sees it.
        injected: whether the workload has a sidecar that speaks mutual TLS.
        namespace: of the workload, ``""`` if unknown.
        locality: ``region/zone/subzone``, ``""`` if unknown.
        network: network of the workload, ``""`` if unknown.
        cluster: name of the cluster whose registry has it.
        node: node of the pod, ``""`` if unknown.
        captured: its traffic goes through ztunnel.
        account: service account of the workload, ``""`` if unknown.
        identity: bytes of the text by which telemetry names the workload.
    """

    address: str
    port: int
    port_name: str
    entry_port: int
    labels: Mapping[str, str]
    health: Health
    injected: bool
    namespace: str
    locality: str
    network: str
    cluster: str
    node: str
    captured: bool
    account: str = ""
    identity: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a workload runs and what it is, shared by all its endpoints."""

    labels: Mapping[str, str]
    injected: bool
    namespace: str
    locality: str
    network: str
    cluster: str
    node: str
    captured: bool = False
    account: str = ""
    identity: int = 0

    def endpoint(self, address: str, port: int, name: str, health: Health, entry_port: int = 0) -> Endpoint:
        """Make an endpoint of the workload."""
        return Endpoint(
            address, port, name, entry_port, self.labels, health, self.injected, self.namespace, self.locality,
            self.network, self.cluster, self.node, self.captured, self.account, self.identity,
        )  # fmt: skip


def identity_bytes(labels: Mapping[str, str], workload: str, namespace: str, cluster: str) -> int:
    """Give the bytes of ``WORKLOAD;NAMESPACE;SERVICE;REVISION;CLUSTER``, as telemetry names a workload."""
    name = next((labels[key] for key in _CANONICAL_NAMES if labels.get(key)), workload)
    revision = next((labels[key] for key in _CANONICAL_REVISIONS if labels.get(key)), "")
    return 4 + sum(map(len, (workload, namespace, name, "" if revision == "latest" else revision, cluster)))


def workload_name(pod: Object) -> str:
    """Give the name of the workload that a pod belongs to: its controller's, that of a Deployment for a ReplicaSet."""
    for item in map(as_map, as_list(as_map(pod.raw.get("metadata")).get("ownerReferences"))):
        if item.get("controller") is True:
            name = as_text(item.get("name"))
            return name.rpartition("-")[0] or name if item.get("kind") == "ReplicaSet" else name
    return pod.name


def takes_tunnels(labels: Mapping[str, str]) -> bool:
    """Whether a workload's labels say that it takes HTTP tunnels: it is a waypoint, or declares it."""
    return labels.get(MANAGED) == _WAYPOINT_CONTROLLER or "http" in labels.get(TUNNEL, "").split(",")


def locality_label(labels: Mapping[str, str]) -> str:
    """Give the locality that a label states, dots read as slashes if there is no slash, ``""`` if none does."""
    for key in _LOCALITY_LABELS:
        text = labels.get(key, "")
        if text:
            return text if "/" in text else text.replace(".", "/")
    return ""


def node_locality(node: Object | None) -> str:
    """Give the locality of a node, ``""`` if it has none."""
    if node is None:
        return ""
    labels = node.labels
    region = labels.get(REGION) or labels.get(_OLD_REGION, "")
    zone = labels.get(ZONE) or labels.get(_OLD_ZONE, "")
    subzone = labels.get(SUBZONE, "")
    return f"{region}/{zone}/{subzone}" if region or zone or subzone else ""


def split_locality(text: str) -> tuple[str, str, str]:
    """Give region, zone and subzone."""
    parts = [*text.split("/"), "", ""]
    return parts[0], parts[1], parts[2]


def augmented(labels: Mapping[str, str], cluster: str, locality: str, node: str, network: str) -> dict[str, str]:
    """Give labels with the topology that istiod adds to them."""
    parts = zip((REGION, ZONE, SUBZONE), split_locality(locality), strict=True)
    found = {**labels, **{key: value for key, value in parts if value}}
    if cluster:
        found[CLUSTER] = cluster
    if node:
        found[HOSTNAME] = node
    if network and not found.get(NETWORK):
        found[NETWORK] = network
    return found


def pod_ip(pod: Object) -> str:
    """Give a pod's first address, ``""`` if it has none yet."""
    return as_text(pod.status.get("podIP"))


def node_name(pod: Object | None) -> str:
    """Give the name of the node that a pod runs on, ``""`` if none."""
    return as_text(pod.spec.get("nodeName")) if pod else ""


def condition(pod: Object, name: str) -> bool:
    """Whether a condition of a pod is true."""
    for item in as_list(pod.status.get("conditions")):
        held = as_map(item)
        if held.get("type") == name:
            return held.get("status") == "True"
    return False


def is_terminating(pod: Object) -> bool:
    """Whether a pod is being deleted."""
    return as_map(pod.raw.get("metadata")).get("deletionTimestamp") is not None
