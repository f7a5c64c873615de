"""Turn a folder of facts about Istio's annotations and labels into the table that getmesh ships.

usage: gen_annotations.py FACTS [--check]

FACTS holds ``istio-annotations.json`` (the registry of istio/api). Writes ``src/getmesh/data/annotations.json``:
name to kinds, stage and whether it is deprecated. ``--check`` writes nothing and exits 1 when the file differs.
"""

import argparse
import json
import pathlib
import sys
from typing import Any, Final

OUT: Final = pathlib.Path(__file__).parent.parent / "src/getmesh/data/annotations.json"


def entry(raw: dict[str, Any]) -> dict[str, Any]:
    """Give what is kept of one annotation or label; one without a stage is an alpha."""
    return {"kinds": raw["resources"], "stage": raw["status"] or "Alpha", "deprecated": raw["deprecated"]}


def content(facts: pathlib.Path) -> str:
    """Give the text of the table."""
    source = json.loads((facts / "istio-annotations.json").read_text(encoding="utf-8"))
    lines = [
        f'"{part}": {{\n'
        + ",\n".join(
            f'"{raw["name"]}": {json.dumps(entry(raw))}' for raw in sorted(source[part], key=lambda r: r["name"])
        )
        + "\n}"
        for part in ("annotations", "labels")
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> int:
    """Write or compare the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("facts", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    text = content(given.facts)
    same = OUT.exists() and OUT.read_text(encoding="utf-8") == text
    if not given.check:
        OUT.write_text(text, encoding="utf-8")
    print("the table is up to date" if same else "the table differs" if given.check else "the table is written")
    return 0 if same or not given.check else 1


if __name__ == "__main__":
    sys.exit(main())
