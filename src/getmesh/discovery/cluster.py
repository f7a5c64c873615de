"""One Kubernetes cluster as istiod's registry sees it: its selected Services, pods, nodes and endpoint slices.

Istio: ``pilot/pkg/serviceregistry/kube/controller``. Slices that a cluster would hold but the snapshot does not are
worked out from pods, as the endpoint slice controllers of Kubernetes do.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from getmesh.discovery.controlplane import ControlPlane
from getmesh.discovery.endpoints import (
    NETWORK,
    REDIRECTION,
    TLS_MODE,
    Place,
    augmented,
    condition,
    identity_bytes,
    is_terminating,
    locality_label,
    node_locality,
    node_name,
    pod_ip,
    workload_name,
)
from getmesh.discovery.networks import Networks
from getmesh.discovery.selection import Selection, namespace_labels
from getmesh.discovery.services import MeshService, from_service
from getmesh.model.objects import EMPTY, Object, as_list, as_map, as_number, as_text
from getmesh.model.selectors import LabelIndex
from getmesh.model.snapshot import Snapshot

DEFAULT_CLUSTER: Final = "Kubernetes"
_DONE: Final = frozenset({"Failed", "Succeeded"})


class Cluster:
    """What istiod has from the API server of one cluster.

    Attributes:
        name: cluster ID.
        snapshot: everything that is there.
        selection: which namespaces count.
        services: Kubernetes Services by (namespace, name).
    """

    def __init__(self, name: str, snapshot: Snapshot, plane: ControlPlane, networks: Networks) -> None:
        self.name = name
        self.snapshot = snapshot
        self.domain = snapshot.settings.cluster_domain
        self.networks = networks
        self.selection = Selection(list(plane.mesh.selectors), snapshot.each("Namespace"))
        self._only = plane.flags.watch_namespace
        self._ambient = plane.flags.ambient
        self._annotations = {item.name: item.annotations for item in snapshot.each("Namespace")}
        self.services: dict[tuple[str, str], MeshService] = {
            (obj.namespace, obj.name): from_service(obj, self.domain, self.namespace_annotations(obj.namespace))
            for obj in self.seen("Service")
        }
        self._by_namespace: dict[str, list[MeshService]] = {}
        for service in self.services.values():
            self._by_namespace.setdefault(service.namespace, []).append(service)
        self._pods = {(pod.namespace, pod.name): pod for pod in self.seen("Pod") if pod.status.get("phase") != "Failed"}
        self._ready_by_ip: dict[str, list[Object]] = {}
        for pod in self._pods.values():
            if is_counted(pod) and condition(pod, "Ready"):
                self._ready_by_ip.setdefault(pod_ip(pod), []).append(pod)
        self._places: dict[tuple[str, str], Place] = {}
        self._labelled: dict[str, LabelIndex[Object]] | None = None

    def sees(self, namespace: str) -> bool:
        """Whether istiod looks at a namespace of this cluster."""
        return self.selection.sees(namespace) and self._only in ("", namespace)

    def seen(self, kind: str) -> Iterator[Object]:
        """Yield the objects of a kind that istiod looks at."""
        for obj in self.snapshot.each(kind):
            if self.sees(obj.namespace):
                yield obj

    def namespace_annotations(self, namespace: str) -> Mapping[str, str]:
        """Give the annotations of a namespace, whether or not it is selected."""
        return self._annotations.get(namespace, EMPTY)

    def labels_of(self, namespace: str) -> Mapping[str, str]:
        """Give the labels of a namespace, whether or not it is selected; none if there is no Namespace object."""
        found = self.snapshot.get("Namespace", "", namespace)
        return namespace_labels(found) if found else EMPTY

    def services_in(self, namespace: str) -> list[MeshService]:
        """Give the Services of a namespace."""
        return self._by_namespace.get(namespace, [])

    def pod(self, namespace: str, name: str) -> Object | None:
        """Give a pod that istiod knows; failed ones it does not."""
        return self._pods.get((namespace, name))

    def pods(self) -> Iterator[Object]:
        """Yield the pods that istiod knows."""
        yield from self._pods.values()

    def pods_with(self, namespace: str, selector: Mapping[str, str]) -> list[Object]:
        """Give the known pods of a namespace with these labels."""
        if self._labelled is None:
            grouped: dict[str, list[tuple[Mapping[str, str], Object]]] = {}
            for pod in self._pods.values():
                grouped.setdefault(pod.namespace, []).append((pod.labels, pod))
            self._labelled = {key: LabelIndex(members) for key, members in grouped.items()}
        index = self._labelled.get(namespace)
        return index.select(selector) if index else []

    def pod_at(self, address: str, namespace: str) -> Object | None:
        """Give the ready pod of a namespace that has an address."""
        return next((pod for pod in self._ready_by_ip.get(address, ()) if pod.namespace == namespace), None)

    def place(self, pod: Object | None, address: str = "") -> Place:
        """Give what istiod knows of a pod as an endpoint; of no pod, only the cluster and the address's network."""
        if pod is None:
            network = self.networks.of_address(address, EMPTY, self.name)
            labels = augmented(EMPTY, self.name, "", "", network)
            bare = identity_bytes(EMPTY, "", "", self.name)
            return Place(labels, False, "", "", network, self.name, "", identity=bare)
        key = (pod.namespace, pod.name)
        found = self._places.get(key)
        if found is None:
            found = self._places[key] = self._place(pod)
        return found

    def _place(self, pod: Object) -> Place:
        node = node_name(pod)
        locality = self.locality(pod)
        network = self.networks.of_address(pod_ip(pod), pod.labels, self.name)
        labels = augmented(pod.labels, self.name, locality, node, network)
        injected = pod.labels.get(TLS_MODE) == "istio"
        captured = self._ambient and pod.annotations.get(REDIRECTION) == "enabled"
        account = as_text(pod.spec.get("serviceAccountName")) or "default"
        identity = identity_bytes(pod.labels, workload_name(pod), pod.namespace, self.name)
        held = labels.get(NETWORK, "")
        return Place(labels, injected, pod.namespace, locality, held, self.name, node, captured, account, identity)

    def locality(self, pod: Object) -> str:
        """Give the locality of a pod, by its label or its node."""
        node = node_name(pod)
        return locality_label(pod.labels) or node_locality(self.snapshot.get("Node", "", node) if node else None)


def is_counted(pod: Object) -> bool:
    """Whether a pod can be an endpoint: not done, not being deleted, with an address."""
    return pod.status.get("phase") not in _DONE and not is_terminating(pod) and bool(pod_ip(pod))


def container_ports(pod: Object) -> Iterator[tuple[str, int, str]]:
    """Yield (name, number, protocol) of the ports of containers, then of native sidecars."""
    for container in _running(pod):
        for item in as_list(container.get("ports")):
            port = as_map(item)
            protocol = as_text(port.get("protocol")) or "TCP"
            yield as_text(port.get("name")), as_number(port.get("containerPort")), protocol


def _running(pod: Object) -> Iterator[Mapping[str, Any]]:
    yield from map(as_map, as_list(pod.spec.get("containers")))
    for item in map(as_map, as_list(pod.spec.get("initContainers"))):
        if item.get("restartPolicy") == "Always":
            yield item


def target_port(pod: Object, port: Mapping[str, Any]) -> int | None:
    """Give the number that a Service port means on a pod, None if the pod has no port of that name."""
    target = port.get("targetPort")
    if isinstance(target, str) and target:
        protocol = as_text(port.get("protocol")) or "TCP"
        for name, number, held in container_ports(pod):
            if name == target and held == protocol:
                return number
        return None
    return as_number(target) or as_number(port.get("port"))
