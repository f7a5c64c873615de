"""A clock that passes time at once and remembers how much."""


class FakeClock:
    """Time that moves only when somebody sleeps."""

    def __init__(self, start: float = 1_790_000_000) -> None:
        self.time = start
        self.slept: list[float] = []

    def now(self) -> float:
        """Give the moment."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.slept.append(seconds)
        self.time += seconds
