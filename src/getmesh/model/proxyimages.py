"""Which kind of proxy image a Pod is meant to run: mesh configuration, ProxyConfigs and the Pod's own annotation."""

from typing import TYPE_CHECKING, ClassVar

from getmesh.model.annotations import PROXY_CONFIG
from getmesh.model.fields.decoding import decode_message
from getmesh.model.meshconfig import MeshConfig
from getmesh.model.objects import Object, as_map, as_text
from getmesh.model.selectors import matches
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation.proxyconfig import proxy_config_message

if TYPE_CHECKING:
    from collections.abc import Mapping


class ProxyImages:
    """Image type per Pod, the most particular statement wins, the empty one never does.

    Istio: ``model.ProxyConfigs``, there with a prefix comparison of namespaces that is not repeated here: a
    ProxyConfig concerns its own namespace. Of several on one level the last by name counts.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"ProxyConfig"}) | MeshConfig.READS

    def __init__(self, snapshot: Snapshot) -> None:
        mesh = snapshot.service(MeshConfig)
        self._mesh = mesh.root.text("defaultConfig", "image", "imageType")
        self._root = mesh.root_namespace
        self._namespace: dict[str, str] = {}
        self._selected: dict[str, list[tuple[Mapping[str, str], str]]] = {}
        for config in snapshot.each("ProxyConfig"):
            image_type, selector = _image_type(config.spec.get("image")), config.spec.get("selector")
            # In the root namespace a selector is not looked at.
            if config.namespace == self._root or not isinstance(selector, dict):
                self._namespace[config.namespace] = image_type
            elif image_type:
                labels = as_map(selector.get("matchLabels"))
                self._selected.setdefault(config.namespace, []).append((labels, image_type))

    def image_type(self, pod: Object) -> str:
        """Give ``distroless``, ``debug`` or the like; ``""`` for the plain image."""
        found = self._namespace.get(pod.namespace) or self._namespace.get(self._root) or self._mesh
        for labels, image_type in self._selected.get(pod.namespace, ()):
            if matches(labels, pod.labels):
                found = image_type
        found = _annotated(pod) or found
        return "" if found == "default" else found


def _annotated(pod: Object) -> str:
    """Give the image type that the Pod's annotation asks for, ``""`` if any part of the annotation is odd."""
    value = pod.embedded.get(PROXY_CONFIG)
    if value is None or decode_message(proxy_config_message(), value).faults:
        return ""
    return _image_type(value.get("image"))


def _image_type(image: object) -> str:
    """Read the type from an image message, whose fields may be written in either style."""
    values = as_map(image)
    return as_text(values.get("imageType")) or as_text(values.get("image_type"))
