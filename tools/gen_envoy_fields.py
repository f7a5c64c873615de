"""Turn the short notation of Envoy's messages into the table that getmesh ships.

usage: gen_envoy_fields.py [--check]
"""

import argparse
import re
import sys
from typing import Any, Final

from envoy_fields import ROOTS, TYPES  # type: ignore[import-not-found]  # it lies beside this script
from envoy_packages import PACKAGES  # type: ignore[import-not-found]  # it lies beside this script
from gen_fields import OUT, Table, table_text  # type: ignore[import-not-found]  # it lies beside this script

TARGET: Final = OUT / "envoy.json"


def camel(name: str) -> str:
    """Give the JSON spelling of a field's name."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def field(table: Table, node: Any) -> dict[str, Any]:
    """Convert one field."""
    if isinstance(node, str):
        return {"type": "enum", "enum": node.split("|")} if "|" in node else {"type": node}
    if isinstance(node, list):
        return field(table, node[0]) | {"of": "list"}
    if set(node) == {"*"}:
        return field(table, node["*"]) | {"of": "map"}
    return {"type": "message", "message": message(table, node)}


def message(table: Table, node: dict[str, Any]) -> int:
    """Convert one message; give its number."""
    fields = {}
    for name, item in node.items():
        odd = {"spelled": name} if re.search(r"_[0-9]", name) else {}  # camel case does not tell where this one is cut
        fields[camel(name)] = field(table, item) | odd
    number: int = table.add({"fields": fields})
    return number


def content() -> str:
    """Give the text of the table: roots by what a patch applies to, messages by type name, names of packages."""
    table = Table()
    table.messages[0] = {"fields": {}}
    roots = {name: message(table, node) for name, node in ROOTS.items()}
    types = {name: message(table, node) for name, node in TYPES.items()}
    text: str = table_text({
        "proto": True, "roots": roots, "types": types, "packages": list(PACKAGES), "messages": table.messages,
    })  # fmt: skip
    return text


def main() -> int:
    """Write or compare the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    text = content()
    same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
    if not given.check:
        TARGET.write_text(text, encoding="utf-8")
    print("the table is up to date" if same else "the table differs" if given.check else "the table is written")
    return 0 if same or not given.check else 1


if __name__ == "__main__":
    sys.exit(main())
