"""Makes the module and the cases of a new rule, to be filled in.

usage: new_rule.py CODE TOPIC name-of-problem      for example: new_rule.py GM0150 gateway gateway-without-owner
"""

import re
import sys
from pathlib import Path

from getmesh.analysis.catalogue import modules

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "src" / "getmesh" / "rules"

MODULE = '''"""{code}: say in one line what is wrong."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="{code}",
    name="{name}",
    severity=Severity.WARNING,
    title="",
    means="",
    why="",
    fix="",
    message="",
    reads=("Gateway",),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each ..."""
    for gateway in snapshot.each("Gateway"):
        yield META.on(gateway, ("spec",))
'''

CASES = """bad:
  the claim that this case states:
    config: |
      apiVersion: networking.istio.io/v1
      kind: Gateway
      metadata: {name: edge, namespace: ingress}
    expect:
      - "Gateway ingress/edge spec: "
good:
  the near miss that must stay silent:
    config: |
      apiVersion: networking.istio.io/v1
      kind: Gateway
      metadata: {name: edge, namespace: ingress}
"""


def main() -> int:
    """Write the two files; the catalogue tests fail until they are filled in."""
    if len(sys.argv) != 4 or not re.fullmatch(r"(IST|KIA)\d{4}|GM\d{4}", sys.argv[1]):  # noqa: PLR2004 - the usage
        print(__doc__)
        return 2
    code, topic, name = sys.argv[1:]
    if code in modules():
        print(f"{code} is taken by {modules()[code]}")
        return 2
    folder = RULES / topic
    folder.mkdir(exist_ok=True)
    if not (folder / "__init__.py").exists():
        (folder / "__init__.py").write_text(f'"""Rules about: {topic}."""\n', encoding="utf-8")
    stem = f"{code.lower()}_{name.replace('-', '_')}"
    (folder / f"{stem}.py").write_text(MODULE.format(code=code, name=name), encoding="utf-8")
    (folder / f"{stem}.yaml").write_text(CASES, encoding="utf-8")
    (ROOT / "changes" / f"{code}.md").write_text(f"New rule {code}: {name}.\n", encoding="utf-8")
    print(f"fill in {folder / stem}.py and .yaml and changes/{code}.md, then 'make docs test'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
