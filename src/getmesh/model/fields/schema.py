"""JSON Schema of a kind, compiled on first use: the quick answer for objects in which nothing is wrong.

The schema of an Istio kind refuses whatever any of our field rules would speak of (unknown or misspelt fields, wrong
types, nulls, empty lists, CRD limits, fields of another minor); that of a Kubernetes kind only wrong types and nulls.
A refused object is walked in Python to say what and where.
"""

import json
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

_FOLDER: Final = files("getmesh") / "data" / "schemas"
NEWEST: Final = 999


def fits(key: str, value: Any, minor: int = NEWEST) -> bool:
    """Whether the spec of an Istio object (for a minor of Istio), or a whole Kubernetes object, passes its schema.

    False also for kinds without schema. What passes the schema of an Istio kind needs no decoding: only durations and
    bytes stand in it as texts.
    """
    validator = _validator(key, minor)
    if validator is None:
        return False
    try:
        return validator.is_valid(value)
    except ValueError:  # a value that JSON cannot hold, such as a key that is no text
        return False


@lru_cache(maxsize=256)
def _validator(key: str, minor: int) -> "Draft202012Validator | None":
    source = _FOLDER / f"{key}.json"
    if "/" in key or not source.is_file():
        return None
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415 - an extension module; only when Istio kinds are there

    schema = json.loads(source.read_bytes())
    for definition in schema["$defs"].values():
        _cut(definition, minor)
    return Draft202012Validator(schema)


def _cut(definition: dict[str, Any], minor: int) -> None:
    """Take away the fields that a minor does not have."""
    properties: dict[str, dict[str, Any]] = definition["properties"]
    for name in [name for name, field in properties.items() if not _served(field, minor)]:
        del properties[name]


def _served(field: dict[str, Any], minor: int) -> bool:
    until = field.get("x-until", NEWEST)
    return field.get("x-since", 0) <= minor and (minor <= until or minor == NEWEST)
