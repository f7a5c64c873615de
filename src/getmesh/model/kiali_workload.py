"""One workload as Kiali knows it, and what its labels make of it.

Kiali: ``models/workload.go``, ``config/config.go``.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from getmesh.model.kiali_owners import Key
from getmesh.model.kiali_pods import KialiPod
from getmesh.model.objects import Object, as_map, as_strings
from getmesh.model.paths import Path

_GATEWAY_COMPONENTS: Final = frozenset({"IngressGateways", "EgressGateways"})
_GATEWAY_NAMES: Final = frozenset({"ingressgateway", "egressgateway"})


class Workload:
    """One workload.

    Attributes:
        namespace, name: what identifies it.
        kind: of its controller, ``Pod`` for a bare Pod.
        subject: the object to report on: the controller or Pod itself; for a WorkloadGroup and for custom owners
            an object of kind ``Workload``, which stands where the group, or a ReplicaSet or Pod of theirs, stands.
        labels_path: where its labels stand in the subject.
        labels: of the pod template.
        template_labels: the same but for a WorkloadGroup, whose own labels these are.
        template_annotations: of the pod template.
    """

    __slots__ = (
        "_pods", "_select", "kind", "labels", "labels_path", "name", "namespace", "subject", "template_annotations",
        "template_labels",
    )  # fmt: skip

    def __init__(
        self, name: str, kind: str, subject: Object, template: Mapping[str, Any], labels_path: Path,
        select: Callable[[], list[KialiPod]],
    ) -> None:  # fmt: skip
        meta = as_map(template.get("metadata"))
        self.namespace = subject.namespace
        self.name = name
        self.kind = kind
        self.subject = subject
        self.labels_path = labels_path
        self.labels: Mapping[str, str] = as_strings(meta.get("labels"))
        self.template_labels = self.labels
        self.template_annotations = as_strings(meta.get("annotations"))
        self._select = select
        self._pods: list[KialiPod] | None = None

    @property
    def pods(self) -> list[KialiPod]:
        """The Pods that Kiali counts to it: those with the template's labels, whoever owns them."""
        if self._pods is None:
            self._pods = self._select()
        return self._pods

    @property
    def sidecar(self) -> bool:
        """Whether all its Pods have a sidecar; without Pods one is assumed."""
        return all(pod.sidecar for pod in self.pods)

    @property
    def ambient(self) -> bool:
        """Whether ztunnel takes the traffic of any of its Pods."""
        return any(pod.redirected for pod in self.pods)

    @property
    def accounts(self) -> frozenset[str]:
        """Service accounts of its Pods."""
        return frozenset(pod.account for pod in self.pods)

    @property
    def waypoint(self) -> bool:
        """Whether it is a waypoint proxy."""
        return is_waypoint(self.labels)

    @property
    def gateway(self) -> bool:
        """Whether it is an ingress, egress or Gateway API gateway."""
        return is_gateway(self.labels, self.template_annotations)

    @property
    def key(self) -> Key:
        """(namespace, name)."""
        return self.namespace, self.name

    def __repr__(self) -> str:
        return f"<workload {self.kind} {self.namespace}/{self.name}>"


def is_waypoint(labels: Mapping[str, str]) -> bool:
    """Whether these are labels of a waypoint: the mesh controller's mark, or a gateway name that says so."""
    if labels.get("gateway.istio.io/managed") == "istio.io-mesh-controller":
        return True
    return "waypoint" in labels.get("gateway.networking.k8s.io/gateway-name", "").lower()


def is_gateway(labels: Mapping[str, str], template_annotations: Mapping[str, str]) -> bool:
    """Whether these are labels and annotations of a gateway that is no waypoint."""
    return (
        labels.get("operator.istio.io/component") in _GATEWAY_COMPONENTS
        or labels.get("istio") in _GATEWAY_NAMES
        or template_annotations.get("inject.istio.io/templates") == "gateway"
        or "istio.io/gateway-name" in labels
        or labels.get("gateway.istio.io/managed") == "istio.io-gateway-controller"
    )
