"""What the API server would drop or refuse of an object, field by field, for a minor of Istio.

Kubernetes: structural schemas of ``apiextensions.k8s.io/v1`` (unknown fields are pruned, or refused where validation
is strict; types and limits are enforced).
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from getmesh.model.fields.scalars import BAD, NOUNS, PLAIN_READERS, READERS
from getmesh.model.fields.table import Field, Message
from getmesh.model.paths import Path

if TYPE_CHECKING:
    from collections.abc import Iterable

_NUMBERS: Final = frozenset({"int32", "uint32", "int64", "uint64", "double"})
_TEXTS: Final = frozenset({"string", "duration", "bytes", "time"})
_NOT_FINITE: Final = frozenset({"NaN", "Infinity", "-Infinity"})


class Mend(NamedTuple):
    """A mechanical mend: `Fix.action` and `Fix.value` of `getmesh.analysis.finding`."""

    action: str
    value: str = ""


class Oddity(NamedTuple):
    """One thing that is odd about a field.

    Attributes:
        sort: ``unknown``, ``newer``, ``gone``, ``deprecated``, ``type``, ``choice`` or ``limit``.
        path: from the object's root.
        name: the field.
        detail: nearest name, minor, replacement or what is wrong, as the sort has it.
        mend: how to mend it, where no judgement is needed.
    """

    sort: str
    path: Path
    name: str
    detail: str
    mend: Mend | None = None


class Inspector:
    """Walks one value by its message and collects oddities.

    Attributes:
        minor: minor of Istio that the value is for.
        found: oddities, in order of writing.
        both: whether both spellings of a name are taken, as Istio's own reader does and the API server does not.
    """

    def __init__(self, minor: int, *, both: bool = False) -> None:
        self.minor, self.both = minor, both
        self.found: list[Oddity] = []

    def add(self, sort: str, path: Path, detail: str, mend: Mend | None = None) -> None:
        """Note an oddity."""
        self.found.append(Oddity(sort, path, field_name(path), detail, mend))

    def message(self, message: Message, raw: Any, path: Path) -> None:
        """Look at a message and everything below."""
        if not isinstance(raw, dict):
            self.add("type", path, "it must be an object")
            return
        for key, value in raw.items():
            place = (*path, key)
            field = (message.lookup.get(key) if self.both else None) or message.fields.get(key)
            if field is None:
                self._unknown(message, raw, place)
                continue
            self._age(field, place)
            if value is not None and not field.until and field.since <= self.minor:
                self._value(field, value, place)
        for name in message.required:
            if raw.get(name) is None:
                self.add("limit", (*path, name), "it is required")
        for arms in message.arms:
            given = [arm for arm in arms if raw.get(arm) is not None]
            for arm in given[:-1]:
                self.add("choice", (*path, arm), given[-1])

    def _unknown(self, message: Message, raw: dict[str, Any], place: Path) -> None:
        key = str(place[-1])
        field = message.lookup.get(key)
        near = field.name if field else _nearest(key, [name for name in message.fields if name not in raw])
        sure = near and near not in raw and _takes(message.fields.get(near), raw[key])
        self.add("unknown", place, near, Mend("rename", near) if sure else None)

    def _age(self, field: Field, place: Path) -> None:
        if field.until and self.minor > field.until:
            self.add("gone", place, f"1.{field.until + 1}" if field.until > 1 else "long ago")
        elif field.since > self.minor:
            self.add("newer", place, f"1.{field.since}")
        elif field.deprecated is not None:
            mend = Mend("rename", field.deprecated) if field.rename else None
            self.add("deprecated", place, field.deprecated, mend)

    def _value(self, field: Field, value: Any, place: Path) -> None:
        if not field.of:
            self._one(field, value, place, field.limits)
            return
        if not isinstance(value, list if field.of == "list" else dict):
            self.add("type", place, "it must be a list" if field.of == "list" else "it must be an object")
            return
        self._size(value, place, field.limits, "Items" if field.of == "list" else "Properties")
        items: Iterable[tuple[str | int, Any]] = enumerate(value) if isinstance(value, list) else value.items()
        for step, item in items:
            if field.of == "map" and field.keys != "string" and READERS[field.keys](step) is BAD:
                self.add("type", (*place, step), f"its key must be {NOUNS[field.keys]}")
            self._one(field, item, (*place, step), field.limits.get("each", {}))

    def _one(self, field: Field, value: Any, place: Path, limits: dict[str, Any]) -> None:
        if value is None:
            self.add("type", place, f"it must be {_noun(field)}")
        elif field.message is not None:
            self.message(field.message, value, place)
        elif field.enum:
            self._enum(field, value, place)
        else:
            self._scalar(field, value, place, limits)

    def _enum(self, field: Field, value: Any, place: Path) -> None:
        if isinstance(value, str) and value in field.enum:
            if value in field.old:
                self.found.append(
                    Oddity("deprecated", place, value, field.old[value], Mend("replace", field.old[value]))
                )
            return
        same = next((name for name in field.enum if isinstance(value, str) and name.lower() == value.lower()), "")
        self.add("type", place, f"it must be {_noun(field)}", Mend("replace", same) if same else None)

    def _scalar(self, field: Field, value: Any, place: Path, limits: dict[str, Any]) -> None:
        kind = field.kind
        if kind in _TEXTS and not isinstance(value, str):
            quotable = isinstance(value, (int, float)) and kind == "string"
            self.add("type", place, f"it must be {NOUNS[kind]}", Mend("quote") if quotable else None)
            return
        if isinstance(value, str) and kind not in _TEXTS:
            meant = value.strip() == value and (
                (kind in _NUMBERS and value not in _NOT_FINITE and READERS[kind](value) is not BAD)
                or (kind == "bool" and value in ("true", "false"))
            )
            if kind != "intOrString" and not (self.both and kind in _NUMBERS and meant):
                self.add("type", place, f"it must be {NOUNS[kind]}", Mend("unquote") if meant else None)
            return
        read = PLAIN_READERS[kind](value) if kind in PLAIN_READERS else value
        if kind in _NUMBERS and isinstance(value, (int, float)) and not isinstance(value, bool):
            read = READERS[kind](value)
        if read is BAD:
            self.add("type", place, f"it must be {NOUNS[kind]}")
            return
        if read < limits.get("nanoseconds", 0) if kind == "duration" else False:
            self.add("limit", place, "it must be at least 1ms")
        self._bounds(value, place, limits)

    def _bounds(self, value: Any, place: Path, limits: dict[str, Any]) -> None:
        if "min" in limits and value < limits["min"]:
            self.add("limit", place, f"it must be at least {limits['min']:g}")
        if "max" in limits and value > limits["max"]:
            self.add("limit", place, f"it must be at most {limits['max']:g}")
        self._size(value, place, limits, "Length")
        if "pattern" in limits and isinstance(value, str) and not _pattern(limits["pattern"]).search(value):
            self.add("limit", place, f"it must match {limits['pattern']}")

    def _size(self, value: Any, place: Path, limits: dict[str, Any], what: str) -> None:
        unit = {"Items": "items", "Properties": "entries", "Length": "characters"}[what]
        least, most = limits.get(f"min{what}"), limits.get(f"max{what}")
        if least is not None and len(value) < least:
            self.add("limit", place, f"it must have at least {least} {unit}")
        if most is not None and len(value) > most:
            self.add("limit", place, f"it may have {most} {unit}, not {len(value)}")


def field_name(path: Path) -> str:
    """Give the last key of a path, with the list position behind it."""
    last = path[-1] if path else ""
    return f"{path[-2]}[{last}]" if isinstance(last, int) and len(path) > 1 else str(last)


@lru_cache(maxsize=64)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


def _noun(field: Field) -> str:
    if field.enum:
        return f"one of {', '.join(name for name in field.enum if not name.startswith('#'))}"
    return "an object" if field.message is not None else NOUNS[field.kind]


def _nearest(name: str, known: list[str]) -> str:
    """Give the known name that was probably meant, ``""`` if none is near."""
    same = [other for other in known if other.lower() == name.lower()]
    if same or not known:
        return same[0] if same else ""
    from difflib import get_close_matches  # noqa: PLC0415 - only a misspelt field needs it

    near = get_close_matches(name, known, n=1, cutoff=0.75)
    return near[0] if near else ""


def _takes(field: Field | None, value: Any) -> bool:
    """Whether a value has the shape that a field takes."""
    if field is None:
        return False
    if field.of:
        return isinstance(value, list if field.of == "list" else dict)
    if field.message is not None:
        return isinstance(value, dict)
    if field.enum:
        return isinstance(value, str) and value in field.enum
    return READERS[field.kind](value) is not BAD
