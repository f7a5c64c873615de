"""Names, labels and annotations as Kubernetes takes them (``k8s.io/apimachinery`` validation)."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from getmesh.model.objects import Object
from getmesh.model.validation.faults import Faults

if TYPE_CHECKING:
    from getmesh.model.paths import Path

_SUBDOMAIN: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_LABEL: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_QUALIFIED: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_LABEL_NAMED: Final = frozenset({"Namespace", "Service"})
_MAX_LABEL: Final = 63
_MAX_NAME: Final = 253
_MAX_ANNOTATIONS: Final = 256 * 1024
_TEXTS: Final = ("name", "namespace", "generateName")


def check_metadata(obj: Object) -> Faults:
    """Give what the API server refuses in an object's metadata."""
    faults = Faults()
    meta = obj.raw.get("metadata")
    if not isinstance(meta, dict):
        faults.error(("metadata",), "metadata is missing" if meta is None else "metadata must be an object")
        return faults
    for field in _TEXTS:
        if meta.get(field) is not None and not isinstance(meta[field], str):
            faults.error(("metadata", field), f"{field} must be a string")
    _names(obj, meta, faults)
    _texts(meta, "labels", faults)
    _texts(meta, "annotations", faults)
    return faults


def _names(obj: Object, meta: dict[str, Any], faults: Faults) -> None:
    name, space = meta.get("name"), meta.get("namespace")
    if name in (None, "") and not meta.get("generateName"):
        faults.error(("metadata", "name"), "an object needs a name")
    elif isinstance(name, str) and name:
        most, form = (_MAX_LABEL, _LABEL) if obj.key in _LABEL_NAMED else (_MAX_NAME, _SUBDOMAIN)
        if len(name) > most or not form.fullmatch(name):
            text = f"name {name!r} must be lower-case letters, digits and '-', at most {most} characters"
            faults.error(("metadata", "name"), text)
    if isinstance(space, str) and space and (len(space) > _MAX_LABEL or not _LABEL.fullmatch(space)):
        faults.error(("metadata", "namespace"), f"{space!r} is no name of a namespace")


def _texts(meta: dict[str, Any], field: str, faults: Faults) -> None:
    entries = meta.get(field)
    if entries is None:
        return
    if not isinstance(entries, dict):
        faults.error(("metadata", field), f"{field} must be an object")
        return
    total = 0
    for key, value in entries.items():
        path: Path = ("metadata", field, key)
        faults.error(path, "" if _key(key) else f"key {key!r} is no qualified name")
        if value is None:
            continue
        if not isinstance(value, str):
            faults.error(path, f"value of {key!r} must be a string")
        elif field == "labels" and value and (len(value) > _MAX_LABEL or not _QUALIFIED.fullmatch(value)):
            faults.error(path, f"label value {value!r} must be at most 63 letters, digits, '-', '_' and '.'")
        else:
            total += len(key) + len(value)
    if field == "annotations" and total > _MAX_ANNOTATIONS:
        faults.error(("metadata", field), f"annotations hold {total} characters, more than 256 KiB")


@lru_cache(maxsize=8192)
def _key(text: str) -> bool:
    lead, slash, name = text.rpartition("/")
    if slash and (len(lead) > _MAX_NAME or not _SUBDOMAIN.fullmatch(lead.lower())):
        return False
    return len(name) <= _MAX_LABEL and _QUALIFIED.fullmatch(name) is not None
