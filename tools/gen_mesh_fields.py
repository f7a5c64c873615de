"""Turn a folder of facts about Istio's mesh configuration into the field table that getmesh ships.

usage: gen_mesh_fields.py FACTS [--check]

FACTS holds ``istio-mesh-config.json``. ``src/getmesh/data/fields/MeshConfig.json`` is written, in the format of the
other field tables; ``--check`` writes nothing and exits 1 when the shipped file differs.
"""

import argparse
import json
import pathlib
import re
import sys
from typing import Any, Final

OUT: Final = pathlib.Path(__file__).parent.parent / "src/getmesh/data/fields"
SCALARS: Final = {
    "google.protobuf.Duration": "duration", "google.protobuf.BoolValue": "bool", "google.protobuf.Int32Value": "int32",
    "google.protobuf.Int64Value": "int64", "google.protobuf.UInt32Value": "uint32",
    "google.protobuf.DoubleValue": "double", "google.protobuf.Struct": "struct",
    "string": "string", "bool": "bool", "int32": "int32", "int64": "int64", "uint32": "uint32", "uint64": "uint64",
    "double": "double", "float": "float", "bytes": "bytes",
}  # fmt: skip
BORROWED: Final = {
    # (kind, message's field that leads to it): messages of the networking API, whose tables we ship already
    "istio.networking.v1alpha3.LocalityLoadBalancerSetting": ("DestinationRule", "localityLbSetting"),
}
MAP: Final = re.compile(r"map<(\w+), ([\w.]+)>")


class Tables:
    """Messages in the order in which they are first needed."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.messages: list[dict[str, Any]] = []
        self.numbers: dict[str, int] = {}

    def message(self, name: str) -> int:
        """Give the number of a message of the mesh API."""
        if name not in self.numbers:
            self.numbers[name] = len(self.messages)
            self.messages.append({})
            self.messages[self.numbers[name]] = self.fields(name)
        return self.numbers[name]

    def fields(self, name: str) -> dict[str, Any]:
        """Give the fields of one message, arms of a choice in order of declaration."""
        fields: dict[str, Any] = {}
        arms: dict[str, list[str]] = {}
        for key, fact in self.facts[name]["fields"].items():
            fields[key] = self.field(name, fact)
            if "oneof" in fact:
                arms.setdefault(fact["oneof"], []).append(key)
        groups = [group for group in arms.values() if len(group) > 1]
        return {"fields": fields, **({"arms": groups} if groups else {})}

    def field(self, owner: str, fact: dict[str, Any]) -> dict[str, Any]:
        """Give one field."""
        entry = MAP.fullmatch(fact["type"])
        if entry:
            return {"of": "map", "keys": entry[1], **self.type(owner, entry[2])}
        return {**({"of": "list"} if fact.get("repeated") else {}), **self.type(owner, fact["type"])}

    def type(self, owner: str, name: str) -> dict[str, Any]:
        """Give a type, looking its name up from the inside out."""
        if name in SCALARS:
            return {"type": SCALARS[name]}
        if name in BORROWED:
            return {"type": "message", "message": self.borrow(*BORROWED[name])}
        parts = owner.split(".")
        for depth in range(len(parts), -1, -1):
            full = ".".join([*parts[:depth], name])
            if full in self.facts:
                if self.facts[full]["kind"] == "enum":
                    return {"type": "enum", "enum": list(self.facts[full]["fields"])}
                return {"type": "message", "message": self.message(full)}
        return {"type": "struct"}

    def borrow(self, kind: str, field: str) -> int:
        """Give the number of a message that another table has, copied with what it refers to."""
        table = json.loads((OUT / f"{kind}.json").read_text())["messages"]
        for message in table:
            if field in message["fields"]:
                return self.copy(kind, table, message["fields"][field]["message"])
        raise SystemExit(f"{kind} has no field {field}")

    def copy(self, kind: str, table: list[dict[str, Any]], number: int) -> int:
        """Copy one message of another table."""
        name = f"{kind}#{number}"
        if name not in self.numbers:
            self.numbers[name] = len(self.messages)
            self.messages.append({})
            copied = json.loads(json.dumps(table[number]))
            for field in copied["fields"].values():
                if "message" in field:
                    field["message"] = self.copy(kind, table, field["message"])
            self.messages[self.numbers[name]] = copied
        return self.numbers[name]


def build(folder: pathlib.Path) -> str:
    """Give the text of the table."""
    facts = json.loads((folder / "istio-mesh-config.json").read_text())["messages"]
    tables = Tables(facts)
    tables.message("MeshConfig")
    return json.dumps({"proto": True, "messages": tables.messages}, separators=(", ", ": ")) + "\n"


def main() -> int:
    """Write or check the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    text, target = build(options.facts), OUT / "MeshConfig.json"
    if not options.check:
        target.write_text(text)
        return 0
    if target.is_file() and target.read_text() == text:
        return 0
    print(f"{target} differs: run {sys.argv[0]} {options.facts}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
