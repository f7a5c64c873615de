"""Places inside an object, kept as tuples until somebody reads them."""

import re
from functools import lru_cache
from typing import Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the root of an object: ``("spec", "http", 0, "route", 1, "weight")``."""

EVERY: Final = -1
"""In a pattern: every item of the list at that place."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


def path_text(path: Path) -> str:
    """Write a path as users read it: ``spec.http[0].route[1].weight``, odd keys as ``["a.b/c"]``."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _PLAIN.match(step):
            parts.append(f".{step}" if parts else step)
        else:
            quoted = step.replace("\\", "\\\\").replace('"', '\\"')
            parts.append(f'["{quoted}"]')
    return "".join(parts)


@lru_cache(maxsize=4096)
def pattern(text: str) -> Path:
    """Read a pattern such as ``spec.http[].match[].gateways[]``; ``[]`` means every item, ``[2]`` one of them.

    Keys that hold dots are not written in patterns: walk to them with `Field.get`.
    """
    steps: list[str | int] = []
    for key, index in re.findall(r"([^.\[\]]+)|\[(\d*)\]", text):
        if key:
            steps.append(key)
        else:
            steps.append(int(index) if index else EVERY)
    return tuple(steps)
