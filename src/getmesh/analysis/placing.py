"""Findings with the file, line and column that their paths lead to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from getmesh.analysis.finding import Finding
from getmesh.model.objects import Object
from getmesh.model.paths import Path


class Place(NamedTuple):
    """A place in a file; file ``""`` and line 0 for objects that come from a cluster."""

    file: str
    line: int
    column: int


NOWHERE = Place("", 0, 0)


class Locator(Protocol):
    """Finds the place of a path; ``sources`` implements it."""

    def locate(self, obj: Object, path: Path) -> Place:
        """Give the place of the value at the path, or of its nearest ancestor that is written down."""
        ...


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding with its place and the places of the related objects, in the same order."""

    finding: Finding
    place: Place
    related: tuple[Place, ...] = ()


def place_all(findings: Iterable[Finding], locator: Locator) -> list[Placed]:
    """Look up every place; findings without an origin stay nowhere."""
    return [
        Placed(
            finding,
            _place(finding.object, finding.path, locator),
            tuple(_place(other.object, other.path, locator) for other in finding.related),
        )
        for finding in findings
    ]


def _place(obj: Object, path: Path, locator: Locator) -> Place:
    return locator.locate(obj, path) if obj.origin is not None and obj.origin.file else NOWHERE
