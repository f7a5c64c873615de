"""Values that an EnvoyFilter patches in, as far as getmesh knows Envoy's messages.

Istio decodes them with all of Envoy's descriptors. Here: every ``Any`` needs an ``@type`` of API version 3, and the
scalars and enums of the fields that patches commonly set must fit. Where nothing is known, nothing is said.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from getmesh.model.fields.scalars import BAD, NOUNS, READERS
from getmesh.model.fields.table import Field, Message
from getmesh.model.paths import Path

_OLD: Final = re.compile(r"envoy\.(?:.*\.v[12](?:alpha[0-9]*)?\.|config\.filter\.)")
_NEAR: Final = 2


class _Envoy:
    """The shipped table."""

    def __init__(self) -> None:
        raw = json.loads((files("getmesh") / "data" / "fields" / "envoy.json").read_bytes())
        messages = [Message() for _ in raw["messages"]]
        for message, item in zip(messages, raw["messages"], strict=True):
            message.fill(item, messages, proto=True)
        self.roots = {name: messages[number] for name, number in raw["roots"].items()}
        self.types = {name: messages[number] for name, number in raw["types"].items()}
        self.packages = frozenset(raw["packages"])


@lru_cache(maxsize=1)
def _envoy() -> _Envoy:
    return _Envoy()


def problems(target: Any, value: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield what does not decode in the value of a patch: place below the value, and what is wrong."""
    message = _envoy().roots.get(target)
    if message is None:
        yield (), f"{target} is nothing that a patch can apply to"
        return
    yield from _message(message, value, ())


def _message(message: Message, value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if not isinstance(value, dict):
        yield path, f"{_named(path)} must be an object"
        return
    for key, item in value.items():
        field = message.lookup.get(key)
        if field is None or item is None:
            continue
        place = (*path, key)
        if field.of == "list":
            if not isinstance(item, list):
                yield place, f"{key} must be a list"
                continue
            for index, each in enumerate(item):
                yield from _one(field, each, (*place, index))
        elif field.of == "map":
            if not isinstance(item, dict):
                yield place, f"{key} must be an object"
                continue
            for name, each in item.items():
                yield from _one(field, each, (*place, name))
        else:
            yield from _one(field, item, place)


def _named(path: Path) -> str:
    return str(path[-1]) if path else "the value"


def _one(field: Field, value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if value is None:
        return
    if field.message is not None:
        yield from _message(field.message, value, path)
    elif field.kind == "any":
        yield from _any(value, path)
    elif field.enum:
        if value not in _names(field) and READERS["int32"](value if isinstance(value, (int, float)) else None) is BAD:
            yield path, f"{_named(path)} is none of {', '.join(_names(field))}"
    elif READERS[field.kind](value) is BAD:
        yield path, f"{_named(path)} must be {NOUNS[field.kind]}"


def _names(field: Field) -> list[str]:
    return [name for name in field.enum if not name.startswith("#")]


def _any(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if not isinstance(value, dict):
        yield path, f"{_named(path)} must be an object"
        return
    url = value.get("@type")
    if not isinstance(url, str) or not url:
        yield path, f"{_named(path)} has no '@type', so nobody knows what it is"
        return
    name = url.rpartition("/")[2]
    if _OLD.match(name):
        yield (*path, "@type"), f"{name} belongs to an API version that Envoy no longer reads; it takes version 3"
    elif name.startswith("google.protobuf.") and "value" not in value:
        yield path, f"a {name} needs its 'value'"
    elif slip := _slip(name):
        yield (*path, "@type"), f"Envoy has no {name}; did you mean {slip}?"
    elif name in _envoy().types:
        yield from _message(_envoy().types[name], value, path)


@lru_cache(maxsize=256)
def _slip(name: str) -> str:
    """Give the known package that a type's package almost is, ``""`` if it is known or far from all."""
    package = name.rpartition(".")[0]
    known = _envoy().packages
    if package in known or not package.startswith("envoy.") or not package.endswith(".v3"):
        return ""
    return next((other for other in sorted(known) if _close(package, other)), "")


def _close(one: str, two: str) -> bool:
    """Whether two names differ by one letter that is added, missing, changed or swapped with the next."""
    if abs(len(one) - len(two)) >= _NEAR:
        return False
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        start += 1
    rest, other = one[start:], two[start:]
    return (
        rest[1:] == other
        or rest == other[1:]
        or rest[1:] == other[1:]
        or (rest[2:] == other[2:] and rest[:2] == other[1::-1])
    )
