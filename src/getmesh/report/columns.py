"""Text tables: two passes for widths, wide characters counted as two cells, no library."""

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

GAP = "   "


def cells(text: str) -> int:
    """Give the number of terminal cells that a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def pad(text: str, width: int) -> str:
    """Fill a text with spaces up to a number of cells."""
    return text + " " * (width - cells(text))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows under a head, left-aligned, the last column as long as it likes; ends with a line break."""
    widths = [cells(title) for title in head]
    for row in rows:
        for index, text in enumerate(row[:-1]):
            widths[index] = max(widths[index], cells(text))
    lines = []
    for row in (head, *rows):
        parts = [pad(text, widths[index]) for index, text in enumerate(row[:-1])]
        lines.append(GAP.join((*parts, row[-1])).rstrip())
    return "\n".join(lines) + "\n"


def clean(text: str) -> str:
    """Make control characters visible, so that no name in a manifest can steer a terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
