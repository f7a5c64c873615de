"""Numbers of resources and their bytes, to be added up."""

from typing import NamedTuple


class Tally(NamedTuple):
    """What is sent.

    Attributes:
        clusters, assignments, endpoints, listeners, routes: numbers; assignments are EDS resources.
        cds, eds, lds, rds: estimated bytes of each type.
    """

    clusters: int = 0
    assignments: int = 0
    endpoints: int = 0
    listeners: int = 0
    routes: int = 0
    cds: int = 0
    eds: int = 0
    lds: int = 0
    rds: int = 0

    @property
    def bytes(self) -> int:
        """Estimated bytes of everything."""
        return self.cds + self.eds + self.lds + self.rds

    def plus(self, other: "Tally") -> "Tally":
        """Give the sum."""
        return Tally(*(mine + yours for mine, yours in zip(self, other, strict=True)))

    def minus(self, other: "Tally") -> "Tally":
        """Give the difference."""
        return Tally(*(mine - yours for mine, yours in zip(self, other, strict=True)))
