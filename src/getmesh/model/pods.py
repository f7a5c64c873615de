"""Pods by label and namespace, with the labels that their nodes give them."""

from collections.abc import Mapping
from typing import ClassVar, Final

from getmesh.model.membership import Membership, pod_ambient
from getmesh.model.objects import Object, as_text
from getmesh.model.selectors import LabelIndex, Labels
from getmesh.model.snapshot import Snapshot

REGION: Final = "topology.kubernetes.io/region"
ZONE: Final = "topology.kubernetes.io/zone"
SUBZONE: Final = "topology.istio.io/subzone"
HOSTNAME: Final = "kubernetes.io/hostname"

_PLACES: Final = frozenset({REGION, ZONE, SUBZONE, HOSTNAME})


class Pods:
    """Every pod, whatever its phase, indexed by labels: in all namespaces together and in each one."""

    READS: ClassVar[frozenset[str]] = frozenset({"Pod"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._all = snapshot.each("Pod")
        self._everywhere: LabelIndex[Object] = LabelIndex((pod.labels, pod) for pod in self._all)
        self._within: dict[str, LabelIndex[Object]] | None = None

    def select(self, selector: Labels, namespace: str | None = None) -> list[Object]:
        """Give the pods that match a selector, in one namespace or (None) in all; an empty selector gives all."""
        if namespace is None:
            return self._everywhere.select(selector)
        index = self._namespaces().get(namespace)
        return index.select(selector) if index else []

    def exists(self, selector: Labels, namespace: str | None = None) -> bool:
        """Whether at least one pod matches."""
        return bool(self.select(selector, namespace))

    def _namespaces(self) -> dict[str, LabelIndex[Object]]:
        if self._within is None:
            grouped: dict[str, list[tuple[Labels, Object]]] = {}
            for pod in self._all:
                grouped.setdefault(pod.namespace, []).append((pod.labels, pod))
            self._within = {namespace: LabelIndex(members) for namespace, members in grouped.items()}
        return self._within


class MemberPods:
    """The pods that are in the mesh, by a sidecar or by their node's proxy."""

    READS: ClassVar[frozenset[str]] = frozenset({"Pod", "Namespace"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._pods = snapshot.service(Pods)
        self._membership = snapshot.service(Membership)
        self._memo: dict[tuple[str | None, frozenset[tuple[str, str]]], bool] = {}

    def exists(self, selector: Labels, namespace: str | None = None) -> bool:
        """Whether a pod in the mesh matches, in one namespace or (None) in any."""
        key = (namespace, frozenset(selector.items()))
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = any(map(self._member, self._pods.select(selector, namespace)))
        return found

    def _member(self, pod: Object) -> bool:
        return self._membership.pod(pod) or pod_ambient(pod)


class PlacedPods:
    """Every pod with the labels that istiod gives its endpoint: topology of its node, and the node's name.

    Cluster and network labels are not among them (Istio: ``pkg/config/analysis/analyzers/destinationrule``).
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Pod", "Node"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._pods = snapshot.service(Pods)
        self._nodes = snapshot.each("Node")
        self._index: LabelIndex[Object] | None = None

    def exists(self, labels: Labels) -> bool:
        """Whether a pod of any namespace has all these labels."""
        if _PLACES.isdisjoint(labels):
            return self._pods.exists(labels)
        if self._index is None:
            places = {node.name: _topology(node) for node in self._nodes}
            self._index = LabelIndex((_labels(pod, places), pod) for pod in self._pods.select({}))
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
