"""Which namespaces are hidden by discovery selectors, for those who judge configuration."""

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

from getmesh.discovery.controlplane import REVISION_LABEL, ControlPlane, ControlPlanes
from getmesh.discovery.selection import Selection
from getmesh.model.meshconfig import setting_path
from getmesh.model.objects import Object
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot


class Holder(NamedTuple):
    """An object that holds discovery selectors, with the place of the list and the list."""

    object: Object
    path: Path
    selectors: list[Any]


class SelectedNamespaces:
    """What each istiod's discovery selectors leave out.

    Attributes:
        filtering: whether any istiod filters.
        root: root namespace of the first istiod.
    """

    READS: ClassVar[frozenset[str]] = ControlPlanes.READS

    def __init__(self, snapshot: Snapshot) -> None:
        planes = snapshot.service(ControlPlanes)
        self._planes = planes
        self._declared = {namespace.name: namespace for namespace in snapshot.each("Namespace")}
        self._selections = [
            (plane, Selection(list(plane.mesh.selectors), self._declared.values())) for plane in planes.all
        ]
        self.filtering = any(selection.filtering for _, selection in self._selections)
        self.root = planes.all[0].mesh.root_namespace
        self._memo: dict[str, Selection] = {}

    def hides(self, namespace: str, viewer: str | None = None) -> bool:
        """Whether a namespace is hidden from the istiod that serves another one (by default, the same one)."""
        if not self.filtering:
            return False
        where = namespace if viewer is None else viewer
        held = self._memo.get(where)
        if held is None:
            held = self._memo[where] = self._selection_of(where)
        return not held.sees(namespace)

    def declared(self, namespace: str) -> Object | None:
        """Give a Namespace object, None if nothing declares it."""
        return self._declared.get(namespace)

    def namespaces(self) -> Iterator[Object]:
        """Yield the declared namespaces that their own istiod does not look at."""
        for name, obj in self._declared.items():
            if self.hides(name):
                yield obj

    def holders(self) -> Iterator[tuple[Holder, Selection]]:
        """Yield the objects that hold discovery selectors, with what they select."""
        for plane, selection in self._selections:
            source = plane.mesh.source
            if source is not None and plane.mesh.selectors:
                place = setting_path(source, "discoverySelectors")
                yield Holder(source, place, list(plane.mesh.selectors)), selection

    def planes(self) -> Iterator[tuple[ControlPlane, Selection]]:
        """Yield the istiods with what they select."""
        yield from self._selections

    def _selection_of(self, namespace: str) -> Selection:
        obj = self._declared.get(namespace)
        plane = self._planes.of(obj.labels.get(REVISION_LABEL, "") if obj else "")
        return next(selection for held, selection in self._selections if held is plane)


def within(holder: Holder, path: Path) -> Path:
    """Give the place of a part of the selectors: that of the whole text in a ConfigMap."""
    return holder.path if holder.object.key == "ConfigMap" else (*holder.path, *path)
