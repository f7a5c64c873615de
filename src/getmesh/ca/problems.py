"""What is wrong with a bundle, in a form that people and programs can read."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much it matters: errors break the mesh, warnings will or may."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a bundle.

    Attributes:
        code: stable name, such as ``chain-empty``.
        message: what is wrong and what comes of it.
        severity: error or warning.
    """

    code: str
    message: str
    severity: Severity = Severity.ERROR


def warning(code: str, message: str) -> Problem:
    """Give a problem that does not break anything today."""
    return Problem(code, message, Severity.WARNING)


def errors(problems: list[Problem]) -> list[Problem]:
    """Give those that break the mesh."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]
