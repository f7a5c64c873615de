"""Makes objects as a file would hold them, with as few words as a claim needs."""

from collections.abc import Iterable
from typing import Any

from getmesh.model.kinds import BY_KEY
from getmesh.model.objects import Object
from getmesh.model.snapshot import Settings, Snapshot


def manifest(key: str, name: str, spec: Any = None, **meta: Any) -> Object:
    """Make an object; its name may be written ``namespace/name``."""
    kind = BY_KEY[key]
    namespace, _, short = name.rpartition("/")
    version = f"{kind.group}/{kind.versions[0]}" if kind.group else kind.versions[0]
    place = {"namespace": namespace} if namespace else {}
    meta = {"name": short, **place, **meta}
    return Object({"apiVersion": version, "kind": kind.kind, "metadata": meta, "spec": spec or {}})


def namespaces(*names: str) -> list[Object]:
    """Make namespaces whose Pods are injected."""
    return [manifest("Namespace", name, labels={"istio-injection": "enabled"}) for name in names]


def world(objects: Iterable[Object], mesh: dict[str, Any] | None = None) -> Snapshot:
    """Make a snapshot with a mesh configuration given by the user."""
    return Snapshot(objects, Settings(mesh_config=mesh))
