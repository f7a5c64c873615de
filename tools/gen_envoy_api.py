"""Turn Envoy's protocol-buffer files into the table of its messages that getmesh ships.

usage: gen_envoy_api.py FOLDER [--check]     FOLDER holds envoy/ and contrib/, as in envoyproxy/data-plane-api

Names and types only. Messages of API version 2 are left out: Envoy no longer reads them.
"""

import argparse
import json
import pathlib
import re
import sys
from typing import Final

TARGET: Final = pathlib.Path(__file__).parent.parent / "src/getmesh/data/envoy_messages.json"
TOKEN: Final = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\.?[A-Za-z_][\w.]*|-?\d[\w.+]*|[{}\[\]();=,<>:-]')
COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
NEWEST: Final = re.compile(r"\.v3(alpha)?\.")
CLOSING: Final = {"{": "}", "[": "]", "(": ")", "<": ">"}
SCALARS: Final = {
    "string": "string", "bool": "bool", "bytes": "bytes", "double": "double", "float": "double",
    "int32": "int32", "sint32": "int32", "int64": "int64", "uint32": "uint32", "uint64": "uint64", "fixed64": "uint64",
}  # fmt: skip
KNOWN: Final = {
    "google.protobuf.Duration": "duration", "google.protobuf.Any": "any", "google.protobuf.Struct": "struct",
    "google.protobuf.Empty": "struct", "google.protobuf.Timestamp": "time", "google.protobuf.BoolValue": "bool",
    "google.protobuf.UInt32Value": "uint32", "google.protobuf.UInt64Value": "uint64",
    "google.protobuf.DoubleValue": "double", "google.protobuf.FloatValue": "double",
    "google.protobuf.StringValue": "string", "google.protobuf.BytesValue": "bytes",
}  # fmt: skip


class Api:
    """All messages and enums of a folder of protocol-buffer files."""

    def __init__(self) -> None:
        self.messages: dict[str, dict[str, tuple[str, str]]] = {}
        self.enums: dict[str, list[str]] = {}
        self.words: list[str] = []
        self.at = 0

    def read(self, text: str) -> None:
        """Take over one file."""
        self.words, self.at = TOKEN.findall(COMMENT.sub("", text)), 0
        package = ""
        while self.at < len(self.words):
            word = self.words[self.at]
            if word == "package":
                package = self.words[self.at + 1]
            if word in ("message", "enum"):
                self._named(word, package)
            elif word in ("service", "extend"):
                self.at += 2
                self._skip()
            else:
                self._statement()

    def _named(self, word: str, scope: str) -> None:
        name = f"{scope}.{self.words[self.at + 1]}"
        self.at += 3
        if word == "enum":
            self._enum(self.enums.setdefault(name, []))
        else:
            self._message(name, self.messages.setdefault(name, {}))

    def _message(self, scope: str, fields: dict[str, tuple[str, str]]) -> None:
        while (word := self.words[self.at]) != "}":
            if word in ("message", "enum"):
                self._named(word, scope)
            elif word == "oneof":
                self.at += 3
                self._message(scope, fields)
            elif word in ("option", "reserved", "extensions", ";"):
                self._statement()
            else:
                self._field(fields)
        self.at += 1

    def _field(self, fields: dict[str, tuple[str, str]]) -> None:
        many = {"repeated": "[]", "map": "{}"}.get(self.words[self.at], "")
        if self.words[self.at] == "map":
            kind = self.words[self.at + 4]
            self.at += 6
        else:
            self.at += self.words[self.at] in ("repeated", "optional")
            kind = self.words[self.at]
            self.at += 1
        fields[self.words[self.at]] = many, kind
        self._statement()

    def _enum(self, names: list[str]) -> None:
        while (word := self.words[self.at]) != "}":
            if word not in ("option", "reserved", ";"):
                names.append(word)
            self._statement()
        self.at += 1

    def _statement(self) -> None:
        while self.words[self.at] != ";":
            if self.words[self.at] in CLOSING:
                self._skip()
            else:
                self.at += 1
        self.at += 1

    def _skip(self) -> None:
        opening, depth = self.words[self.at], 0
        while True:
            depth += (self.words[self.at] == opening) - (self.words[self.at] == CLOSING[opening])
            self.at += 1
            if not depth:
                return

    def resolve(self, scope: str, name: str) -> str:
        """Give the full name of a type as seen from a message, ``""`` if it lies outside."""
        if name.startswith("."):
            return name[1:]
        while True:
            full = f"{scope}.{name}" if scope else name
            if full in self.messages or full in self.enums:
                return full
            if not scope:
                return ""
            scope = scope.rpartition(".")[0]

    def content(self) -> str:
        """Give the text of the table: a line for each message, ``@`` before a message and ``=`` before an enum."""
        names = sorted(name for name in self.messages if NEWEST.search(name))
        enums: list[str] = []
        lines = []
        for name in names:
            fields = {}
            for field, (many, kind) in self.messages[name].items():
                full = self.resolve(name, kind)
                if full in self.enums:
                    text = "|".join(self.enums[full])
                    if text not in enums:
                        enums.append(text)
                    fields[field] = f"{many}={enums.index(text)}"
                elif full in self.messages:
                    fields[field] = f"{many}@{full}"
                else:
                    fields[field] = many + (SCALARS.get(kind) or KNOWN.get(kind.lstrip(".")) or "open")
            lines.append(f"  {json.dumps(name)}: {json.dumps(fields)}")
        head = ",\n".join(f"  {json.dumps(text)}" for text in enums)
        return '{ "enums": [\n' + head + '\n ],\n "messages": {\n' + ",\n".join(lines) + "\n } }\n"


def main() -> int:
    """Write or compare the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    api = Api()
    for file in sorted(given.folder.rglob("*.proto")):
        api.read(file.read_text(encoding="utf-8"))
    text = api.content()
    if not given.check:
        TARGET.write_text(text, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != text:
        sys.stderr.write(f"{TARGET} is not what the files of {given.folder} say\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
