"""Values that an EnvoyFilter patches in, against the names and types of Envoy's messages.

Istio decodes them with all of Envoy's descriptors. Here every ``Any`` needs an ``@type`` that names a message, and
scalars, enums, lists and objects must fit. Unknown fields are ignored, as Istio ignores them, and a message that may
be newer than the shipped table is not accused.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from getmesh.model.fields.scalars import BAD, NOUNS, READERS
from getmesh.model.paths import Path

ROOTS: Final = {
    "CLUSTER": "envoy.config.cluster.v3.Cluster",
    "LISTENER": "envoy.config.listener.v3.Listener",
    "LISTENER_FILTER": "envoy.config.listener.v3.ListenerFilter",
    "FILTER_CHAIN": "envoy.config.listener.v3.FilterChain",
    "NETWORK_FILTER": "envoy.config.listener.v3.Filter",
    "HTTP_FILTER": "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter",
    "ROUTE_CONFIGURATION": "envoy.config.route.v3.RouteConfiguration",
    "VIRTUAL_HOST": "envoy.config.route.v3.VirtualHost",
    "HTTP_ROUTE": "envoy.config.route.v3.Route",
    "EXTENSION_CONFIG": "envoy.config.core.v3.TypedExtensionConfig",
    "BOOTSTRAP": "envoy.config.bootstrap.v3.Bootstrap",
}
_OLD: Final = re.compile(r"envoy\.(?:.*\.v[12](?:alpha[0-9]*)?\.|config\.filter\.)")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_ELSEWHERE: Final = ("google.", "xds.", "udpa.", "istio.", "io.istio.", "opencensus.", "opentelemetry.", "validate.")
_GOOGLE: Final = "google.protobuf."
_WRAPPED: Final = {
    "Struct": "struct", "Duration": "duration", "Timestamp": "time", "BoolValue": "bool", "StringValue": "string",
    "UInt32Value": "uint32", "Int32Value": "int32", "DoubleValue": "double", "BytesValue": "bytes",
}  # fmt: skip
_PLAIN: Final = frozenset({
    *_WRAPPED, "Any", "Empty", "FieldMask", "FloatValue", "Int64Value", "ListValue", "UInt64Value", "Value",
})  # fmt: skip
_NEAR: Final = 2


class _Field(NamedTuple):
    """A field: ``of`` is ``[]``, ``{}`` or nothing; ``kind`` a scalar, ``any``, or ``open``, which is not looked at."""

    of: str
    kind: str
    enum: tuple[str, ...]
    message: str


class _Api:
    """The shipped table; messages are taken apart when they are first asked for."""

    def __init__(self) -> None:
        raw = json.loads((files("getmesh") / "data" / "envoy_messages.json").read_bytes())
        self._raw: dict[str, dict[str, str]] = raw["messages"]
        self._enums: list[str] = raw["enums"]
        self._built: dict[str, dict[str, _Field]] = {}
        self.packages = frozenset(_package(name) for name in self._raw)

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    def fields(self, name: str) -> dict[str, _Field]:
        """Give the fields of a message by both spellings of their names."""
        if name not in self._built:
            built = self._built[name] = {}
            for spelling, text in self._raw[name].items():
                built[spelling] = built[_camel(spelling)] = self._field(text)
        return self._built[name]

    def _field(self, text: str) -> _Field:
        of, kind = (text[:2], text[2:]) if text[:2] in ("[]", "{}") else ("", text)
        if kind.startswith("="):
            return _Field(of, "enum", tuple(self._enums[int(kind[1:])].split("|")), "")
        return _Field(of, "message", (), kind[1:]) if kind.startswith("@") else _Field(of, kind, (), "")


@lru_cache(maxsize=1)
def _api() -> _Api:
    return _Api()


def problems(target: Any, value: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield what does not decode in the value of a patch: place below the value, and what is wrong."""
    root = ROOTS.get(target)
    if root is None:
        yield (), f"{target} is nothing that a patch can apply to"
        return
    yield from _message(root, value, ())


def _message(name: str, value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if not isinstance(value, dict):
        yield path, f"{_named(path)} must be an object"
        return
    fields = _api().fields(name)
    for key, item in value.items():
        field = fields.get(key)
        if field is None or item is None or ("_" in key and _camel(key) in value):
            continue
        place = (*path, key)
        if field.of == "[]":
            if not isinstance(item, list):
                yield place, f"{key} must be a list"
                continue
            for index, each in enumerate(item):
                yield from _one(field, each, (*place, index))
        elif field.of == "{}":
            if not isinstance(item, dict):
                yield place, f"{key} must be an object"
                continue
            for inner, each in item.items():
                yield from _one(field, each, (*place, inner))
        else:
            yield from _one(field, item, place)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def _package(name: str) -> str:
    """Give the package of a message, nested or not."""
    return re.sub(r"\.[A-Z].*$", "", name)


def _named(path: Path) -> str:
    return str(path[-1]) if path else "the value"


def _one(field: _Field, value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if value is None or field.kind == "open":
        return
    if field.message:
        yield from _message(field.message, value, path)
    elif field.kind == "any":
        yield from _any(value, path)
    elif field.enum:
        if value not in field.enum and READERS["int32"](value if isinstance(value, (int, float)) else None) is BAD:
            yield path, f"{_named(path)} is none of {', '.join(field.enum)}"
    elif READERS[field.kind](value) is BAD:
        yield path, f"{_named(path)} must be {NOUNS[field.kind]}"


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
    elif name.startswith(_GOOGLE) and name.removeprefix(_GOOGLE) in _PLAIN:
        yield from _wrapped(name, value, path)
    elif name in _api():
        yield from _message(name, value, path)
    elif problem := _unknown(name):
        yield (*path, "@type"), problem


def _wrapped(name: str, value: dict[str, Any], path: Path) -> Iterator[tuple[Path, str]]:
    kind = _WRAPPED.get(name.removeprefix(_GOOGLE))
    if "value" not in value:
        yield path, f"a {name} needs its 'value'"
    elif kind and value["value"] is not None and READERS[kind](value["value"]) is BAD:
        yield (*path, "value"), f"the value of a {name} must be {NOUNS[kind]}"


@lru_cache(maxsize=256)
def _unknown(name: str) -> str:
    """Say why a name can be no message, ``""`` if it may be one that is newer than the table."""
    known, package = _api().packages, _package(name.rpartition(".")[0])
    if name.startswith("envoy.") and package not in known:
        slip = next((other for other in sorted(known) if _close(package, other)), "")
        return f"Envoy has no {name}; did you mean {slip}?" if slip else ""
    if name.startswith(_ELSEWHERE) and not name.startswith(_GOOGLE) and _NAME.fullmatch(name):
        return ""
    return f"Envoy has no message {name!r}"


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
