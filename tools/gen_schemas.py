"""Compile the field tables into JSON Schema files: strict ones of Istio's specs, lenient ones of Kubernetes' kinds.

usage: gen_schemas.py [--check]

Reads ``src/getmesh/data/fields``, writes ``src/getmesh/data/schemas``; ``--check`` writes nothing and exits 1 when a
shipped file differs.
"""

import argparse
import itertools
import json
import pathlib
import sys
from typing import Any, Final

DATA: Final = pathlib.Path(__file__).parent.parent / "src/getmesh/data"
WORDS: Final = {"min": "minimum", "max": "maximum"}
TYPES: Final[dict[str, dict[str, Any]]] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "int32": {"type": "integer", "minimum": -(1 << 31), "maximum": (1 << 31) - 1},
    "uint32": {"type": "integer", "minimum": 0, "maximum": (1 << 32) - 1},
    "int64": {"type": "integer", "minimum": -(1 << 63), "maximum": (1 << 63) - 1},
    "uint64": {"type": "integer", "minimum": 0, "maximum": (1 << 64) - 1},
    "double": {"type": "number"},
    "bytes": {"type": "string", "pattern": "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"},
    "duration": {  # whole milliseconds that are not 0; what is written otherwise is looked at more closely
        "type": "string",
        "pattern": r"^(?:[0-9]{1,6}(?:\.[0-9]{1,3})?[smh]|[0-9]{1,9}ms){1,4}$",
        "not": {"pattern": "^[^1-9]*$"},
    },
    "struct": {"type": "object"},
    "intOrString": {"type": ["integer", "string"]},
    "time": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"},
}


def limits(raw: dict[str, Any]) -> dict[str, Any]:
    """Give the limits of a field in schema words."""
    return {WORDS.get(key, key): value for key, value in raw.items() if key not in ("each", "nanoseconds")}


def field(raw: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    """Give the schema of one field."""
    if "deprecated" in raw:
        return {"not": {}}  # never beyond reproach: a rule speaks of it
    if raw["type"] == "message":
        one: dict[str, Any] = {"$ref": f"#/$defs/{raw['message']}"}
    elif raw["type"] == "enum":
        one = {"enum": [name for name in raw["enum"] if name not in raw.get("old", {})]}
    else:
        one = dict(TYPES[raw["type"]])
    own = raw.get("limits", {})
    if raw.get("of") == "list":
        some = {"minItems": 1} if strict else {}
        one = {"type": "array", "items": one | limits(own.get("each", {})), **some} | limits(own)
    elif raw.get("of") == "map":
        some = {"minProperties": 1} if strict else {}
        names = {"propertyNames": {"pattern": "^(?:0|[1-9][0-9]{0,8})$"}} if "keys" in raw else {}
        inner = one | limits(own.get("each", {}))
        one = {"type": "object", "additionalProperties": inner, **names, **some} | limits(own)
    else:
        one |= limits(own)
    return one | {f"x-{key}": raw[key] for key in ("since", "until") if key in raw}


def message(raw: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    """Give the schema of one message."""
    found: dict[str, Any] = {
        "type": "object",
        "properties": {
            name: {"not": {}} if strict and "_" in name else field(item, strict=strict)
            for name, item in raw["fields"].items()
        },
    }
    if strict:
        found["additionalProperties"] = False
    if raw.get("required"):
        found["required"] = raw["required"]
    pairs = [pair for arms in raw.get("arms", ()) for pair in itertools.combinations(arms, 2)]
    if pairs:
        found["not"] = {"anyOf": [{"required": list(pair)} for pair in pairs]}
    return found


def schema(table: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of an Istio kind's spec, or of a whole object of Kubernetes.

    In a strict schema lists and maps hold something: what it passes reads the same decoded and as it is written.
    """
    strict = table["proto"]
    definitions = {str(number): message(raw, strict=strict) for number, raw in enumerate(table["messages"])}
    root = table["messages"][0]["fields"]["spec"]["message"] if strict else 0
    if strict:
        del definitions["0"]
    return {"$ref": f"#/$defs/{root}", "$defs": definitions}


def main() -> int:
    """Write or compare the schemas."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    (DATA / "schemas").mkdir(exist_ok=True)
    stale = []
    for source in sorted((DATA / "fields").glob("*.json")):
        table = json.loads(source.read_text(encoding="utf-8"))
        if table["proto"] and "spec" not in table["messages"][0]["fields"]:
            continue
        target, text = DATA / "schemas" / source.name, json.dumps(schema(table), separators=(",", ":")) + "\n"
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            stale.append(source.name)
            if not given.check:
                target.write_text(text, encoding="utf-8")
    print(f"{'differ' if given.check else 'written'}: {', '.join(stale) or 'none'}")
    return 1 if stale and given.check else 0


if __name__ == "__main__":
    sys.exit(main())
