"""Decodes an object by its field table, as Istio's reader does, and says what does not fit.

Istio: ``pkg/util/protomarshal`` (unknown fields ignored, both spellings of a name, camel case first, nulls are
absent, null list items are empty, of several arms of a choice the one declared last counts). To the reader of a minor
newer fields are unknown ones, so a value of a wrong type there makes nothing unreadable.
"""

from typing import Any, Final, NamedTuple

from getmesh.model.fields.scalars import BAD, NOUNS, PLAIN_READERS, READERS, ZERO
from getmesh.model.fields.schema import NEWEST
from getmesh.model.fields.table import Field, Message, Table
from getmesh.model.paths import Path

_MAP_KEYS: Final = READERS["uint32"]


class TypeFault(NamedTuple):
    """A value that does not fit its field's type.

    Attributes:
        path: from the object's root.
        wanted: what belongs there, for people.
        value: what stands there.
        field: the field, None where a whole message was expected.
    """

    path: Path
    wanted: str
    value: Any
    field: Field | None


class Decoded:
    """A decoded object.

    Attributes:
        values: the fields that are present, camel case, enums by name, durations in nanoseconds, empty lists and
            maps left out, numbers left as written.
        faults: values of a wrong type, in order of writing.
        lost: arms of a choice that a later declared one displaced: (path, the one that counts).
    """

    __slots__ = ("faults", "lost", "minor", "readers", "values")

    def __init__(self, *, proto: bool, minor: int = NEWEST) -> None:
        self.minor = minor
        self.values: dict[str, Any] = {}
        self.faults: list[TypeFault] = []
        self.lost: list[tuple[Path, str]] = []
        self.readers = READERS if proto else PLAIN_READERS

    @property
    def spec(self) -> dict[str, Any]:
        """The decoded spec, empty if there is none."""
        found: dict[str, Any] = self.values.get("spec") or {}
        return found


def decode(fields: Table, raw: dict[str, Any], minor: int = NEWEST) -> Decoded:
    """Decode everything of an object that its table knows, as the reader of a minor of Istio does."""
    into = Decoded(proto=fields.proto, minor=minor)
    into.values = _message(fields.root, raw, (), into)
    return into


def decode_message(message: Message, raw: Any, path: Path = ()) -> Decoded:
    """Decode a value as one message."""
    into = Decoded(proto=True)
    into.values = _message(message, raw, path, into)
    return into


def _message(message: Message, raw: Any, path: Path, into: Decoded) -> dict[str, Any]:
    if not isinstance(raw, dict):
        into.faults.append(TypeFault(path, "an object", raw, None))
        return {}
    found: dict[str, Any] = {}
    lookup = message.lookup
    for key, value in raw.items():
        field = lookup.get(key)
        if field is None or value is None or (key != field.name and field.name in raw):
            continue
        known = len(into.faults)
        if field.of:
            read = (
                _list(field, value, (*path, key), into) if field.of == "list" else _map(field, value, path, key, into)
            )
            if read:
                found[field.name] = read
        elif field.message is not None:
            found[field.name] = _message(field.message, value, (*path, key), into)
        else:
            found[field.name] = _scalar(field, value, (*path, key), into)
        if field.since > into.minor and len(into.faults) > known:
            del into.faults[known:]
            found.pop(field.name, None)
    for arms in message.arms:
        _choose(arms, found, path, into)
    return found


def _choose(arms: tuple[str, ...], found: dict[str, Any], path: Path, into: Decoded) -> None:
    given = [arm for arm in arms if arm in found]
    for arm in given[:-1]:
        del found[arm]
        into.lost.append(((*path, arm), given[-1]))


def _list(field: Field, raw: Any, path: Path, into: Decoded) -> list[Any]:
    if not isinstance(raw, list):
        into.faults.append(TypeFault(path, "a list", raw, field))
        return []
    return [_item(field, value, (*path, index), into) for index, value in enumerate(raw)]


def _map(field: Field, raw: Any, path: Path, key: str, into: Decoded) -> dict[str, Any]:
    place = (*path, key)
    if not isinstance(raw, dict):
        into.faults.append(TypeFault(place, "an object", raw, field))
        return {}
    found = {}
    for name, value in raw.items():
        if field.keys != "string" and _MAP_KEYS(name) is BAD:
            into.faults.append(TypeFault((*place, name), "a whole number from 0 as key", name, field))
        found[name] = _item(field, value, (*place, name), into)
    return found


def _item(field: Field, value: Any, path: Path, into: Decoded) -> Any:
    if field.message is not None:
        return {} if value is None else _message(field.message, value, path, into)
    if value is None:
        return field.enum[0] if field.enum else ZERO[field.kind]
    return _scalar(field, value, path, into)


def _scalar(field: Field, value: Any, path: Path, into: Decoded) -> Any:
    if field.enum:
        return _enum(field, value, path, into)
    read = into.readers[field.kind](value)
    if read is BAD:
        into.faults.append(TypeFault(path, NOUNS[field.kind], value, field))
        return ZERO[field.kind]
    return read


def _enum(field: Field, value: Any, path: Path, into: Decoded) -> Any:
    if isinstance(value, str):
        if value in field.enum:
            return value
    elif (number := into.readers["int32"](value)) is not BAD:
        return field.enum[number] if 0 <= number < len(field.enum) else number
    into.faults.append(TypeFault(path, f"one of {', '.join(field.enum)}", value, field))
    return field.enum[0]
