"""How messages name several things."""

from collections.abc import Iterable, Sequence
from itertools import islice


def listing(names: Iterable[str], limit: int = 5) -> str:
    """Give the names joined by commas, in their order; past the limit only how many more there are."""
    every = list(names)
    if len(every) <= limit:
        return ", ".join(every)
    return f"{', '.join(every[:limit])} and {len(every) - limit} more"


def others(names: Sequence[str], own: str, limit: int = 5) -> tuple[list[str], str]:
    """Give the first names other than the own one, which is among them, and the listing of all others.

    The cost does not grow with the names, so each member of a large group can be told of the rest.
    """
    first = list(islice((name for name in names if name != own), limit))
    more = len(names) - 1 - len(first)
    return first, ", ".join(first) + (f" and {more} more" if more else "")
