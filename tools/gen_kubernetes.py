"""Turn a folder of facts about Istio's releases into the table of the oldest Kubernetes that each supports.

usage: gen_kubernetes.py FACTS [--check]

FACTS holds ``istio-releases.json`` (from the support table of istio.io). Writes ``src/getmesh/data/kubernetes.json``:
minor of Istio 1.x to minor of Kubernetes 1.x. ``--check`` writes nothing and exits 1 when the file differs.
"""

import argparse
import json
import pathlib
import sys
from typing import Final

OUT: Final = pathlib.Path(__file__).parent.parent / "src/getmesh/data/kubernetes.json"


def content(facts: pathlib.Path) -> str:
    """Give the text of the table."""
    source = json.loads((facts / "istio-releases.json").read_text(encoding="utf-8"))
    table = {
        item["minor"].removeprefix("1."): min(int(version.removeprefix("1.")) for version in item["k8s_supported"])
        for item in source["minors"]
        if item["k8s_supported"]
    }
    return json.dumps(table, indent=1) + "\n"


def main() -> int:
    """Write the table, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("facts", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    text = content(options.facts)
    if options.check:
        current = OUT.is_file() and OUT.read_text(encoding="utf-8") == text
        print(f"{OUT.name} is {'current' if current else 'out of date'}")
        return 0 if current else 1
    OUT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
