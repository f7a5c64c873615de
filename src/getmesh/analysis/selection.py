"""Which rules run: codes and beginnings of codes."""

from collections.abc import Iterable
from difflib import get_close_matches

from getmesh.errors import UsageError


def expand(patterns: Iterable[str], known: Iterable[str], where: str) -> frozenset[str]:
    """Give the codes that the patterns mean; a pattern is a code or the beginning of codes (``IST``, ``KIA11``).

    Raises:
        UsageError: a pattern means no code; the nearest ones are suggested.
    """
    codes = sorted(known)
    found: set[str] = set()
    for pattern in patterns:
        wanted = pattern.strip().upper()
        if not wanted:
            continue
        matching = [code for code in codes if code.startswith(wanted)]
        if not matching:
            near = get_close_matches(wanted, codes, n=3)
            hint = f"Did you mean {' or '.join(near)}?" if near else "'getmesh rules' lists the codes."
            raise UsageError(f"{where}: no code begins with {pattern.strip()!r}", hint=hint)
        found.update(matching)
    return frozenset(found)


def choose(select: Iterable[str], ignore: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """Give the codes to run: the selected ones, or all, without the ignored ones."""
    codes = frozenset(known)
    select = [pattern for pattern in select if pattern.strip()]
    chosen = expand(select, codes, "select") if select else codes
    return chosen - expand(ignore, codes, "ignore")
