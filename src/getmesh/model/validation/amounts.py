"""Numbers, times and percentages."""

from functools import lru_cache
from typing import Final

from getmesh.model.fields.scalars import duration as read_duration

MILLISECOND: Final = 10**6
SECOND: Final = 10**9
_HUNDRED: Final = 100
_FINEST: Final = 0.0001


def nanoseconds(value: int | str) -> int:
    """Give a duration that may still be written as text; the text is known to be sound."""
    return value if isinstance(value, int) else _read(value)


@lru_cache(maxsize=1024)
def _read(text: str) -> int:
    read: int = read_duration(text)
    return read


def duration(value: int | str) -> str:
    """Check a duration: at least one millisecond, in whole milliseconds."""
    time = nanoseconds(value)
    if time < MILLISECOND:
        return "a duration must be at least 1ms"
    return "a duration must be in whole milliseconds" if time % MILLISECOND else ""


def whole_seconds(value: int | str) -> str:
    """Check that a duration has no part of a second."""
    time = nanoseconds(value)
    return "a duration must be in whole seconds here" if time > 0 and time % SECOND else ""


def percent(number: int) -> str:
    """Check a percentage in whole numbers."""
    return "" if 0 <= number <= _HUNDRED else f"percentage {number} is not between 0 and 100"


def fault_percent(number: float) -> str:
    """Check a percentage that Envoy keeps in millionths; not-a-number passes Istio's comparison."""
    if number < 0 or number > _HUNDRED or 0 < number < _FINEST:
        return f"percentage {number:g} is not between 0.0001 and 100, nor 0"
    return ""


def mirror_percent(number: float) -> str:
    """Check the share of requests that is mirrored."""
    return f"percentage {number:g} is not between 0 and 100" if number > _HUNDRED or number < 0 else ""
