"""Read files and standard input into objects that know where they stand."""

import gc
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from getmesh.model.objects import Note, Object
from getmesh.sources.documents import Document
from getmesh.sources.files import STDIN, expand
from getmesh.sources.locating import Locator
from getmesh.sources.objects import build
from getmesh.sources.parallel import decode_all, decode_part, parts, processes
from getmesh.sources.places import Fault, UnreadableError

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


def documents(reading: Reading, jobs: int | None = None) -> Iterator[Document]:
    """Yield the documents of the reading's files in order; a file that cannot be read becomes a fault."""
    workers = processes(sum(map(reading.locator.size, reading.files)), jobs)
    pieces = (part for file in reading.files for part in parts(file, _contents(file, reading)))
    if workers > 1:
        yield from decode_all(pieces, workers)
    else:
        for part in pieces:
            yield from decode_part(part)


def _read(paths: Sequence[str], stdin: bytes | None, jobs: int | None) -> Reading:
    reading = open_files(paths, stdin)
    winners: dict[tuple[str, str, str], Object] = {}
    fruitful: set[str] = set()
    for document in documents(reading, jobs):
        reading.faults += document.faults
        reading.warnings += document.warnings
        if document.value is not None or document.faults:
            fruitful.add(document.file)
        for obj in build(document, reading):
            _apply(obj, winners, reading)
    reading.objects = list(winners.values())
    failed = {fault.file for fault in reading.faults}
    reading.warnings += [
        Fault(file, 0, 0, "this file holds no document")
        for file in reading.files
        if file not in fruitful and file not in failed
    ]
    return reading


def open_files(paths: Sequence[str], stdin: bytes | None = None) -> Reading:
    """Give a reading that knows its files but has read no document yet."""
    reading = Reading()
    reading.files, reading.faults, reading.warnings = expand(paths)
    if STDIN in reading.files:
        reading.locator.keep(STDIN, sys.stdin.buffer.read() if stdin is None else stdin)
    return reading


def _contents(file: str, reading: Reading) -> bytes:
    try:
        return reading.locator.data(file)
    except OSError as error:
        reading.faults.append(Fault(file, 0, 0, f"cannot be read: {error.strerror or error}"))
    except UnreadableError as error:
        reading.faults.append(Fault(file, error.line, error.column, error.message))
    return b""


def _apply(obj: Object, winners: dict[tuple[str, str, str], Object], reading: Reading) -> None:
    """Let an object replace an earlier one of the same identity, as applying both would."""
    earlier = winners.pop(obj.identity, None)
    if earlier is not None:
        place = reading.locator.locate(earlier, ())
        obj.earlier = earlier
        obj.notes = (*obj.notes, Note("repeated", (), f"{place.file}:{place.line}"))
    winners[obj.identity] = obj
