"""Brings the fields of Istio's kinds to the spelling of the API.

Istio's own reader takes both spellings of a field, ``workloadSelector`` and ``workload_selector``. Rules need not
know: they see the first one. Where both are given the first one counts, even if it is null.
"""

from typing import Any

from getmesh.model.fields.table import Field, Message, table
from getmesh.model.objects import Object
from getmesh.model.paths import Path


def respelled(obj: Object) -> Object:
    """Give the object with the fields of its spec in camel case; the same one if they are so already."""
    fields = table(obj.key)
    if fields is None or not fields.proto or fields.spec is None or not _underscored(obj.spec):
        return obj
    spec = _message(fields.spec, obj.spec)
    return obj if spec is obj.spec else Object({**obj.raw, "spec": spec}, obj.origin, obj.notes, obj.embedded)


def underscored(key: str, path: Path) -> Path:
    """Give a path into an object of a kind with the fields of its spec in their second spelling.

    The same path for kinds that have only one. Keys of maps and positions stay as they are.
    """
    fields = table(key)
    if fields is None or not fields.proto or path[:1] != ("spec",):
        return path
    message, entry = fields.spec, False
    found: list[str | int] = ["spec"]
    for step in path[1:]:
        if entry or message is None or not isinstance(step, str):
            found.append(step)
            entry = False
            continue
        field = message.fields.get(step)
        found.append(message.spelled.get(step, step))
        message, entry = (field.message, field.of != "") if field is not None else (None, False)
    return tuple(found)


def _underscored(value: Any) -> bool:
    """Whether any key at any depth has an underscore: few objects do, so most are left alone at once."""
    pending = [value]
    while pending:
        here = pending.pop()
        if isinstance(here, dict):
            for key, item in here.items():
                if isinstance(key, str) and "_" in key:
                    return True
                if isinstance(item, (dict, list)):
                    pending.append(item)
        else:
            pending += [item for item in here if isinstance(item, (dict, list))]
    return False


def _message(message: Message, raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    found: dict[Any, Any] = {}
    changed = False
    for key, value in raw.items():
        field = message.lookup.get(key) if isinstance(key, str) else None
        if field is None:
            found[key] = value
            continue
        if key != field.name:
            changed = True
            if field.name in raw:
                continue
        found[field.name] = new = _value(field, value)
        changed = changed or new is not value
    return found if changed else raw


def _value(field: Field, value: Any) -> Any:
    message = field.message
    if message is None:
        return value
    if field.of == "list" and isinstance(value, list):
        items = [_message(message, item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if field.of == "map" and isinstance(value, dict):
        entries = {name: _message(message, item) for name, item in value.items()}
        return entries if any(entries[name] is not item for name, item in value.items()) else value
    return _message(message, value)
