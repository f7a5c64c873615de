"""Time, as an argument: what depends on the day or waits can be tested without waiting."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and passes it."""

    def now(self) -> float:
        """Give seconds since 1970."""
        ...

    def sleep(self, seconds: float) -> None:
        """Come back after that long."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Give seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Come back after that long."""
        time.sleep(seconds)
