"""Finds code that stands twice: runs of equal lines in different places of src and tests.

usage: repeats.py [--lines N]   exit 1 when a run of N or more lines (default 12) stands in two places
"""

import ast
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def code_lines(file: Path) -> list[tuple[int, str]]:
    """Give the lines that hold code, with their numbers: no blanks, comments, imports or docstrings."""
    text = file.read_text(encoding="utf-8")
    skipped: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        ):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if number not in skipped and len(stripped) > 3 and not stripped.startswith("#"):  # noqa: PLR2004 - brackets
            found.append((number, stripped))
    return found


def repeats(lines: int) -> list[str]:
    """Give a sentence for each pair of places that share a run of that many lines."""
    places: dict[tuple[str, ...], list[tuple[Path, int]]] = defaultdict(list)
    for folder in ("src", "tests", "tools"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            held = code_lines(file)
            for start in range(len(held) - lines + 1):
                window = held[start : start + lines]
                places[tuple(text for _, text in window)].append((file, window[0][0]))
    found: dict[tuple[Path, Path], str] = {}
    for where in places.values():
        for (one, line), (other, other_line) in pairwise(where):
            if one != other or abs(line - other_line) >= lines:
                name, other_name = one.relative_to(ROOT), other.relative_to(ROOT)
                found.setdefault((one, other), f"{name}:{line} stands again at {other_name}:{other_line}")
    return list(found.values())


def main() -> int:
    """Print what stands twice."""
    lines = int(sys.argv[sys.argv.index("--lines") + 1]) if "--lines" in sys.argv else 12
    found = repeats(lines)
    for sentence in found:
        print(sentence)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
