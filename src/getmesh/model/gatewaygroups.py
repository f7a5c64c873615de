"""Istio Gateways that may run on the same pods, judged by their selectors' texts."""

from typing import ClassVar

from getmesh.model.gateways import selector, servers
from getmesh.model.objects import Object
from getmesh.model.pods import Pods
from getmesh.model.selectors import Labels, selector_text
from getmesh.model.snapshot import Snapshot


class GatewayGroups:
    """For each selector text the texts of Gateways with servers that istioctl compares with it.

    Two texts belong together if they are equal, or if one is a part of the other and some pod has the labels of
    both. Selectors that overlap otherwise are never compared (Istio: ``analyzers/gateway/conflictinggateway.go``).
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Gateway", "Pod"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._pods = snapshot.service(Pods)
        self._serving: dict[str, tuple[Labels, list[Object]]] = {}
        for gateway in snapshot.each("Gateway"):
            if servers(gateway):
                labels = selector(gateway)
                self._serving.setdefault(selector_text(labels), (labels, []))[1].append(gateway)
        self._related: dict[str, tuple[str, ...]] = {}

    def serving(self) -> list[Object]:
        """Give every Gateway that has servers."""
        return [gateway for _, gateways in self._serving.values() for gateway in gateways]

    def related(self, labels: Labels) -> tuple[str, ...]:
        """Give the selector texts, of Gateways with servers, that are compared with this selector, sorted."""
        text = selector_text(labels)
        found = self._related.get(text)
        if found is None:
            found = self._related[text] = tuple(
                sorted(other for other, (its, _) in self._serving.items() if self._meets(text, labels, other, its))
            )
        return found

    def _meets(self, text: str, labels: Labels, other: str, its: Labels) -> bool:
        if text == other:
            return True
        if text not in other and other not in text:
            return False
        if any(labels[key] != its[key] for key in labels.keys() & its.keys()):
            return False
        return self._pods.exists({**labels, **its})
