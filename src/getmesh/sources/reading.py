"""Read files and standard input into objects that know where they stand."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field

from getmesh.model.objects import Note, Object
from getmesh.sources.documents import Document, read_documents
from getmesh.sources.files import STDIN, expand
from getmesh.sources.locating import Locator
from getmesh.sources.objects import build
from getmesh.sources.places import Fault

__all__ = ["Fault", "Reading", "read"]


@dataclass(slots=True)
class Reading:
    """What the input holds.

    Attributes:
        objects: in input order; of two with one identity only the later one, which has a ``repeated`` note.
        faults: files and documents that could not be used; all others were read nevertheless.
        warnings: what was read, but perhaps not as its writer meant it.
        files: those that were read, in order.
        locator: finds lines and columns.
    """

    objects: list[Object] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    locator: Locator = field(default_factory=Locator)


def read(paths: Sequence[str], *, stdin: bytes | None = None, jobs: int | None = None) -> Reading:
    """Read all objects of the paths; what cannot be read becomes a fault, never an exception.

    Args:
        paths: files, folders, patterns, ``-`` for standard input.
        stdin: what standard input holds; read from the process if None and ``-`` is named.
        jobs: processes to use at most; None lets the size of the input decide.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _read(paths, stdin, jobs)
    finally:
        if collecting:
            gc.enable()


def _read(paths: Sequence[str], stdin: bytes | None, jobs: int | None) -> Reading:
    reading = Reading()
    reading.files, reading.faults, reading.warnings = expand(paths)
    if STDIN in reading.files:
        reading.locator.keep(STDIN, _standard_input() if stdin is None else stdin)
    winners: dict[tuple[str, str, str], Object] = {}
    for document in read_documents(reading.files, reading.locator, jobs):
        _take(document, reading, winners)
    reading.objects = list(winners.values())
    return reading


def _standard_input() -> bytes:
    import sys  # noqa: PLC0415 - only a command that names "-" reads the process' input

    return sys.stdin.buffer.read()


def _take(document: Document, reading: Reading, winners: dict[tuple[str, str, str], Object]) -> None:
    reading.faults += document.faults
    reading.warnings += document.warnings
    for obj in build(document, reading):
        earlier = winners.pop(obj.identity, None)
        if earlier is not None and earlier.origin is not None:
            other = f"{earlier.origin.file}:{reading.locator.locate(earlier, ()).line}"
            obj.notes = (*obj.notes, Note("repeated", (), other))
        winners[obj.identity] = obj
