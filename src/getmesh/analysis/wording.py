"""How messages name several things."""

from collections.abc import Iterable


def listing(names: Iterable[str], limit: int = 5) -> str:
    """Give the names joined by commas, in their order; past the limit only how many more there are."""
    every = list(names)
    if len(every) <= limit:
        return ", ".join(every)
    return f"{', '.join(every[:limit])} and {len(every) - limit} more"
