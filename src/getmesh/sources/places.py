"""Where something stands in what the user gave us, and what is wrong there."""

from typing import NamedTuple


class Fault(NamedTuple):
    """Something in the input that could not be used, or that deserves a warning.

    Attributes:
        file: name as the user gave it.
        line, column: from 1; 0 if the whole file is meant.
        message: what is wrong, lower case, without a final period.
    """

    file: str
    line: int
    column: int
    message: str


class Duplicate(NamedTuple):
    """A key that a map holds twice; the later value counts.

    Attributes:
        path: place of the key inside the document.
        key: the key as text.
    """

    path: tuple[str | int, ...]
    key: str


class UnreadableError(Exception):
    """A document that cannot be decoded.

    Attributes:
        line: from 1, counted inside the document; 0 if unknown.
        column: from 1; 0 if unknown.
        message: what is wrong.
    """

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
