"""Who takes part in the mesh, as istioctl's analyzers decide it: by containers, labels and the namespace's label.

Istio: ``analyzers/util/in_mesh.go``. Revision labels and webhooks play no part there. Kiali decides otherwise; its
way is not here.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot

PROXY: Final = "istio-proxy"
INJECTION: Final = "istio-injection"
REVISION: Final = "istio.io/rev"
DATAPLANE: Final = "istio.io/dataplane-mode"
INJECT: Final = "sidecar.istio.io/inject"
REDIRECTION: Final = "ambient.istio.io/redirection"
MANAGED: Final = "gateway.istio.io/managed"
MESH_CONTROLLER: Final = "istio.io-mesh-controller"

_CONTROLLERS: Final = frozenset({"istio.io-gateway-controller", MESH_CONTROLLER, "istio.io-eastwest-controller"})


class Membership:
    """Whether namespaces, Pods and Deployments are in the mesh, by sidecar or by ambient."""

    READS: ClassVar[frozenset[str]] = frozenset({"Namespace"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._labels: dict[str, Mapping[str, str]] = {
            namespace.name: namespace.labels for namespace in snapshot.each("Namespace")
        }

    def labels(self, namespace: str) -> Mapping[str, str]:
        """Give the labels of a declared namespace, none if nothing declares it."""
        return self._labels.get(namespace, {})

    def enabled(self, namespace: str) -> bool:
        """Whether the namespace is declared and its injection label says exactly ``enabled``."""
        return self.labels(namespace).get(INJECTION) == "enabled"

    def ambient(self, namespace: str) -> bool:
        """Whether the namespace is declared ambient and neither injection nor a revision takes it."""
        labels = self.labels(namespace)
        return labels.get(DATAPLANE) == "ambient" and labels.get(INJECTION) != "enabled" and not labels.get(REVISION)

    def pod(self, pod: Object) -> bool:
        """Whether a Pod has a sidecar or would get one; native sidecars (init containers) count."""
        return self._decide(pod.raw, pod.namespace, ("containers", "initContainers"))

    def deployment(self, deployment: Object) -> bool:
        """Whether the Pods of a Deployment have a sidecar or would get one; only plain containers count."""
        return self._decide(as_map(deployment.spec.get("template")), deployment.namespace, ("containers",))

    def _decide(self, template: Mapping[str, Any], namespace: str, kinds: tuple[str, ...]) -> bool:
        if proxy_image(as_map(template.get("spec")), kinds):
            return True
        meta = as_map(template.get("metadata"))
        for wishes in (as_map(meta.get("labels")), as_map(meta.get("annotations"))):
            if INJECT in wishes:
                return bool(wishes[INJECT] == "true")
        return self.enabled(namespace)


def proxy_images(pod_spec: Mapping[str, Any]) -> list[str]:
    """Give the image of every container named ``istio-proxy``, init containers last; ``""`` where none is named."""
    listed = (as_map(item) for kind in ("containers", "initContainers") for item in as_list(pod_spec.get(kind)))
    return [as_text(container.get("image")) for container in listed if container.get("name") == PROXY]


def proxy_image(pod_spec: Mapping[str, Any], kinds: tuple[str, ...]) -> str:
    """Give the image of the first container named ``istio-proxy``, ``""`` if there is none or it names none."""
    for kind in kinds:
        for container in as_list(pod_spec.get(kind)):
            if as_map(container).get("name") == PROXY:
                return as_text(container.get("image"))
    return ""


def pod_ambient(pod: Object) -> bool:
    """Whether the node's proxy takes the Pod's traffic: the CNI plugin says so on the Pod."""
    return pod.annotations.get(REDIRECTION) == "enabled"


def control_plane(obj: Object) -> bool:
    """Whether an object's own labels mark it as a part of Istio's installation."""
    return "istio" in obj.labels or obj.labels.get("release") == "istio"


def managed_gateway(obj: Object) -> bool:
    """Whether Istio made the object for a Gateway of the Gateway API, waypoints included."""
    return obj.labels.get(MANAGED, "") in _CONTROLLERS


def undecided(namespace: Object) -> bool:
    """Whether no label says if the Pods of a Namespace belong to the mesh; istio-system needs none."""
    labels = namespace.labels
    return (
        namespace.name != "istio-system"
        and labels.get(DATAPLANE) != "ambient"
        and not labels.get(INJECTION)
        and REVISION not in labels
    )


def automatic_image(pod_spec: Mapping[str, Any]) -> int | None:
    """Give the position of the proxy container whose image an injector is to choose, None if there is none."""
    for index, container in enumerate(map(as_map, as_list(pod_spec.get("containers")))):
        if container.get("name") == PROXY and container.get("image") == "auto":
            return index
    return None
