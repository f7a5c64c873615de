"""What a validation found: places and sentences."""

from typing import NamedTuple

from getmesh.model.paths import Path


class Fault(NamedTuple):
    """One thing that is wrong.

    Attributes:
        path: from the object's root.
        text: what is wrong, lower case.
    """

    path: Path
    text: str


class Faults:
    """Collects what is wrong with one object; checks go on after the first fault.

    Attributes:
        errors: Istio refuses the object for these.
        warnings: Istio accepts it but says so.
        lost: warnings that Istio computes and then drops.
    """

    __slots__ = ("errors", "lost", "warnings")

    def __init__(self) -> None:
        self.errors: list[Fault] = []
        self.warnings: list[Fault] = []
        self.lost: list[Fault] = []

    def error(self, path: Path, text: str) -> None:
        """Note an error; an empty text means that nothing is wrong."""
        if text:
            self.errors.append(Fault(path, text))

    def warn(self, path: Path, text: str) -> None:
        """Note a warning; an empty text means that nothing is wrong."""
        if text:
            self.warnings.append(Fault(path, text))

    def muted(self) -> "Faults":
        """Give a collector for a part whose warnings Istio drops; errors go on to count."""
        part = Faults()
        part.errors, part.warnings, part.lost = self.errors, self.lost, self.lost
        return part
