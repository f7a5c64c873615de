"""Which kind of proxy image a Pod is meant to run: mesh configuration, ProxyConfigs and the Pod's own annotation."""

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final

from getmesh.model.meshconfig import MeshConfig
from getmesh.model.objects import Object, as_map, as_text
from getmesh.model.selectors import matches
from getmesh.model.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

ANNOTATION: Final = "proxy.istio.io/config"


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
            image_type = _image_type(config.spec.get("image"))
            if not image_type:
                continue
            selector = config.spec.get("selector")
            # In the root namespace a selector is not looked at.
            if config.namespace == self._root or not isinstance(selector, dict):
                self._namespace[config.namespace] = image_type
            if isinstance(selector, dict):
                labels = as_map(selector.get("matchLabels"))
                self._selected.setdefault(config.namespace, []).append((labels, image_type))

    def image_type(self, pod: Object) -> str:
        """Give ``distroless``, ``debug`` or the like; ``""`` for the plain image."""
        found = self._namespace.get(pod.namespace) or self._namespace.get(self._root) or self._mesh
        for labels, image_type in self._selected.get(pod.namespace, ()):
            if matches(labels, pod.labels):
                found = image_type
        found = annotated_image_type(pod.annotations.get(ANNOTATION, "")) or found
        return "" if found == "default" else found


@lru_cache(maxsize=256)
def annotated_image_type(text: str) -> str:
    """Give the image type that the YAML text of a Pod's proxy annotation asks for, ``""`` if it is not to be read."""
    if not text:
        return ""
    import yaml  # noqa: PLC0415 - few Pods carry the annotation

    try:
        decoded = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return ""
    return _image_type(as_map(decoded).get("image"))


def _image_type(image: object) -> str:
    """Read the type from an image message, whose fields may be written in either style."""
    values = as_map(image)
    return as_text(values.get("imageType")) or as_text(values.get("image_type"))
