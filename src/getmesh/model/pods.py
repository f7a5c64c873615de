"""Pods by label and namespace, with the labels that their nodes give them."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from getmesh.model.membership import Membership, pod_ambient
from getmesh.model.objects import Object, as_text
from getmesh.model.selectors import LabelIndex
from getmesh.model.snapshot import Snapshot

REGION: Final = "topology.kubernetes.io/region"
ZONE: Final = "topology.kubernetes.io/zone"
SUBZONE: Final = "topology.istio.io/subzone"
HOSTNAME: Final = "kubernetes.io/hostname"


class PodIndex:
    """Pods indexed by labels: in all namespaces together and in each one, the latter on first use."""

    def __init__(self, pods: Iterable[Object]) -> None:
        self._all = tuple(pods)
        self._everywhere: LabelIndex[Object] = LabelIndex((pod.labels, pod) for pod in self._all)
        self._within: dict[str, LabelIndex[Object]] | None = None

    def select(self, selector: Mapping[str, str], namespace: str | None = None) -> list[Object]:
        """Give the pods that match a selector, in one namespace or (None) in all; an empty selector gives all."""
        if namespace is None:
            return self._everywhere.select(selector)
        index = self._namespaces().get(namespace)
        return index.select(selector) if index else []

    def exists(self, selector: Mapping[str, str], namespace: str | None = None) -> bool:
        """Whether at least one pod matches."""
        return bool(self.select(selector, namespace))

    def _namespaces(self) -> dict[str, LabelIndex[Object]]:
        if self._within is None:
            grouped: dict[str, list[tuple[Mapping[str, str], Object]]] = {}
            for pod in self._all:
                grouped.setdefault(pod.namespace, []).append((pod.labels, pod))
            self._within = {namespace: LabelIndex(members) for namespace, members in grouped.items()}
        return self._within


class Pods(PodIndex):
    """Every pod, whatever its phase."""

    READS: ClassVar[frozenset[str]] = frozenset({"Pod"})

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot.each("Pod"))


class MemberPods(PodIndex):
    """The pods that are in the mesh, by a sidecar or by their node's proxy."""

    READS: ClassVar[frozenset[str]] = frozenset({"Pod", "Namespace"})

    def __init__(self, snapshot: Snapshot) -> None:
        membership = snapshot.service(Membership)
        super().__init__(pod for pod in snapshot.each("Pod") if membership.pod(pod) or pod_ambient(pod))


class PlacedPods:
    """Every pod with the labels that istiod gives its endpoint: topology of its node, and the node's name.

    Cluster and network labels are not among them (Istio: ``pkg/config/analysis/analyzers/destinationrule``).
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Pod", "Node"})

    def __init__(self, snapshot: Snapshot) -> None:
        places = {node.name: _topology(node) for node in snapshot.each("Node")}
        self._index: LabelIndex[Object] = LabelIndex((_labels(pod, places), pod) for pod in snapshot.each("Pod"))

    def exists(self, labels: Mapping[str, str]) -> bool:
        """Whether a pod of any namespace has all these labels."""
        return self._index.any(labels)


def _topology(node: Object) -> dict[str, str]:
    region, zone, subzone = (node.labels.get(key, "") for key in (REGION, ZONE, SUBZONE))
    found = {REGION: region, ZONE: zone, SUBZONE: subzone if zone else ""}
    return {key: value for key, value in found.items() if value}


def _labels(pod: Object, places: Mapping[str, dict[str, str]]) -> Mapping[str, str]:
    node = as_text(pod.spec.get("nodeName"))
    if not node:
        return pod.labels
    return {**pod.labels, **places.get(node, {}), HOSTNAME: node}
