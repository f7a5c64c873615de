"""Whether an object can be decoded at all: what cannot does not exist for istioctl or Kiali.

istioctl skips such a document with an error; the API server refuses it. Unknown kinds count as decodable: nobody
looks at them.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from getmesh.model.fields import schema
from getmesh.model.fields.decoding import decode
from getmesh.model.fields.scalars import BAD, READERS
from getmesh.model.fields.table import table
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot


class Decodable:
    """The objects of a snapshot that decode, in order; all references judge these alone.

    Of one identity it is the last that decodes: applying an object that does not leaves the earlier one as it is.

    Attributes:
        objects: those objects.
        loose: positions among them of those that are not written quite as the API has it.
    """

    READS: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, snapshot: Snapshot) -> None:
        self.objects: list[Object] = []
        self.loose: set[int] = set()
        minor = snapshot.settings.istio_version[1]
        for given in snapshot.objects:
            obj: Object | None = given
            while obj is not None and not self._take(obj, minor):
                obj = obj.earlier

    def _take(self, obj: Object, minor: int) -> bool:
        if not metadata_fits(obj.raw.get("metadata")):
            return False
        if not _exact(obj):
            if not _tolerable(obj, minor):
                return False
            self.loose.add(len(self.objects))
        self.objects.append(obj)
        return True


def decodes(obj: Object) -> bool:
    """Whether metadata, spec and status have the types that the object's kind asks for."""
    return metadata_fits(obj.raw.get("metadata")) and (_exact(obj) or _tolerable(obj, schema.NEWEST))


def _exact(obj: Object) -> bool:
    """Whether the kind has no table, or its compiled schema vouches for the object."""
    fields, raw = table(obj.key), obj.raw
    if fields is None or not isinstance(raw, dict):
        return True
    return schema.fits(obj.key, raw.get("spec") if fields.proto else raw) and not (fields.proto and "status" in raw)


def _tolerable(obj: Object, minor: int) -> bool:
    fields, raw = table(obj.key), obj.raw
    return fields is None or not isinstance(raw, dict) or not decode(fields, raw, minor).faults


def metadata_fits(meta: Any) -> bool:
    """Whether metadata has Kubernetes' types: texts for names, text to text for labels and annotations."""
    if meta is None:
        return True
    if not isinstance(meta, dict):
        return False
    for key, value in meta.items():
        if value is None:
            continue
        if key in ("labels", "annotations"):
            if not _texts(value):
                return False
        elif key in ("name", "namespace", "generateName", "uid", "resourceVersion", "selfLink"):
            if not isinstance(value, str):
                return False
        elif not _rest(key, value):
            return False
    return True


def _texts(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    for item in value.values():  # noqa: SIM110 - a generator costs more than the loop on a hot path
        if item is not None and not isinstance(item, str):
            return False
    return True


def _rest(key: str, value: Any) -> bool:
    if key == "generation":
        return type(value) is int or (isinstance(value, float) and value.is_integer())
    if key in ("creationTimestamp", "deletionTimestamp"):
        return READERS["time"](value) is not BAD
    if key == "finalizers":
        return isinstance(value, list) and all(item is None or isinstance(item, str) for item in value)
    if key in ("ownerReferences", "managedFields"):
        return isinstance(value, list) and all(item is None or isinstance(item, dict) for item in value)
    return True
