"""Draws a terminal picture (SVG) of a real run of getmesh on the example mesh.

usage: draw_demo.py FILE [--check]   with --check nothing is written; exit 1 when the picture is not of today's output
"""

import re
import subprocess
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CALLS = (
    ("config-validate", "--offline", "examples/shop", "--color", "always", "--select", "IST01,KIA"),
    ("explain", "KIA1101"),
)
WIDTH = 132
LINE = 18
COLOURS = {"31": "#ff6b6b", "33": "#ffc857", "36": "#67d4f1", "1": "#ffffff"}
TOKEN = re.compile(r"\x1b\[(\d*)m")


def lines() -> list[str]:
    """Run the calls and give prompt and output, cut to the width of the picture."""
    found: list[str] = []
    for call in CALLS:
        done = subprocess.run(
            [sys.executable, "-m", "getmesh", *call], capture_output=True, text=True, cwd=ROOT, check=False
        )
        if done.returncode not in {0, 1}:
            raise SystemExit(f"getmesh {' '.join(call)} failed: {done.stderr}")
        shown = [word for word in call if word not in {"--color", "always"}]
        found += [f"$ getmesh {' '.join(shown)}", *done.stdout.splitlines()[:14], ""]
    return found


def spans(line: str) -> str:
    """Turn colour codes of one line into SVG text spans."""
    parts, colour, column = [], "", 0
    for index, piece in enumerate(TOKEN.split(line)):
        if index % 2:
            colour = COLOURS.get(piece, "")
            continue
        text = piece[: max(0, WIDTH - column)]
        column += len(text)
        fill = f' fill="{colour}"' if colour else ""
        parts.append(f"<tspan{fill}>{escape(text)}</tspan>" if text else "")
    return "".join(parts)


def picture() -> str:
    """Give the whole SVG."""
    rows = lines()
    height = LINE * (len(rows) + 3)
    body = "\n".join(
        f'<text x="16" y="{LINE * (number + 3)}" xml:space="preserve">{spans(row)}</text>'
        for number, row in enumerate(rows)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH * 8 + 32}" height="{height}" role="img"
  aria-label="getmesh config-validate finds faults in an example mesh">
<rect width="100%" height="100%" rx="8" fill="#101418"/>
<g fill="#ff5f56"><circle cx="20" cy="18" r="6"/></g><g fill="#ffbd2e"><circle cx="40" cy="18" r="6"/></g>
<g fill="#27c93f"><circle cx="60" cy="18" r="6"/></g>
<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13" fill="#d7dde3">
{body}
</g>
</svg>
"""


def main() -> int:
    """Write the picture, or compare it."""
    target = Path(sys.argv[1])
    text = picture()
    if "--check" in sys.argv:
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            print(f"{target} is not of today's output: run 'make picture'")
            return 1
        return 0
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
