"""Changes that somebody thinks of: selectors, mesh configuration, labels, objects; laid over a snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from getmesh.discovery.controlplane import ControlPlane, ControlPlanes
from getmesh.errors import UsageError
from getmesh.model.meshconfig import installed_mesh, mesh_in
from getmesh.model.objects import Object, as_map
from getmesh.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would change.

    Attributes:
        selectors: discovery selectors that take the place of the present ones; None leaves them.
        mesh: mesh configuration that takes the place of the present one; None leaves it.
        labels: namespace to labels to put; an empty text takes a label away.
        objects: objects to apply.
        without: identities of objects to take away.
        revision: whose mesh configuration changes.
    """

    selectors: Sequence[Any] | None = None
    mesh: Mapping[str, Any] | None = None
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    objects: Sequence[Object] = ()
    without: frozenset[tuple[str, str, str]] = frozenset()
    revision: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing would change."""
        return self.selectors is None and self.mesh is None and not (self.labels or self.objects or self.without)

    @property
    def forced(self) -> bool:
        """Whether istiod would send everything to everybody: mesh configuration changes."""
        return self.selectors is not None or self.mesh is not None


def apply(snapshot: Snapshot, proposal: Proposal) -> Snapshot:
    """Give the snapshot as it would be.

    Raises:
        UsageError: a label is put on a namespace that nothing declares or uses.
    """
    kept = [obj for obj in snapshot.objects if obj.identity not in proposal.without] if proposal.without else None
    found = Snapshot(kept, snapshot.settings) if kept is not None else snapshot
    objects = [*proposal.objects, *_labelled(found.overlay(proposal.objects), proposal.labels)]
    if objects:
        found = found.overlay(objects)
    return _with_mesh(found, proposal) if proposal.forced else found


def _labelled(snapshot: Snapshot, labels: Mapping[str, Mapping[str, str]]) -> list[Object]:
    found = []
    for name, changes in sorted(labels.items()):
        namespace = snapshot.get("Namespace", "", name)
        if namespace is None and not any(obj.namespace == name for obj in snapshot.objects):
            raise UsageError(f"there is no namespace {name!r} to label")
        raw: dict[str, Any] = dict(namespace.raw) if namespace else {"apiVersion": "v1", "kind": "Namespace"}
        held = {**(namespace.labels if namespace else {}), **changes}
        kept = {key: value for key, value in held.items() if value or key not in changes}
        raw["metadata"] = {**as_map(raw.get("metadata")), "name": name, "labels": kept}
        found.append(Object(raw, namespace.origin if namespace else None))
    return found


def _with_mesh(snapshot: Snapshot, proposal: Proposal) -> Snapshot:
    plane = snapshot.service(ControlPlanes).of(proposal.revision)
    mesh = dict(present_mesh(snapshot, plane) if proposal.mesh is None else proposal.mesh)
    if proposal.selectors is not None:
        mesh["discoverySelectors"] = list(proposal.selectors)
        mesh.pop("discovery_selectors", None)
    source = plane.mesh.source
    if source is None or source.key != "ConfigMap":
        name = f"istio-{proposal.revision}" if proposal.revision not in ("", "default") else "istio"
        meta = {"name": name, "namespace": plane.namespace}
        source = Object({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"mesh": "proposed"}})
    changed = Object(source.raw, source.origin, source.notes, {**source.embedded, "mesh": mesh})
    return Snapshot((*snapshot.objects, changed), replace(snapshot.settings, mesh_config=None))


def present_mesh(snapshot: Snapshot, plane: ControlPlane) -> Mapping[str, Any]:
    """Give the mesh configuration of an istiod as written."""
    if snapshot.settings.mesh_config is not None:
        return snapshot.settings.mesh_config
    source = plane.mesh.source
    if source is None:
        return {}
    if source.key == "ConfigMap":
        return as_map(source.embedded.get("mesh"))
    return installed_mesh(source.spec)


def selectors_in(value: Any) -> list[Any] | None:
    """Find discovery selectors in a decoded file: a list, mesh configuration, or what wraps one; None without any."""
    if isinstance(value, list):
        return value
    mesh = mesh_in(value)
    for key in ("discoverySelectors", "discovery_selectors"):
        if mesh is not None and isinstance(mesh.get(key), list):
            held: list[Any] = mesh[key]
            return held
    return None
