"""Texts of documents to decoded documents, with what is wrong with them."""

import re
from dataclasses import dataclass
from typing import Any, Final

from getmesh.sources.places import Duplicate, Fault, UnreadableError
from getmesh.sources.splitting import Chunk
from getmesh.sources.yaml_text import MAX_OBJECT_DEPTH, Decoded, decode_document, decode_exactly

_MARKER_LINE: Final = re.compile(rb"---[ \t]+[^\r\n#][^\r\n]*")
_END_MARKER: Final = re.compile(rb"^\.\.\.(?=\s|\Z)", re.MULTILINE)


@dataclass(slots=True)
class Document:
    """One decoded document, or what is wrong with it.

    Attributes:
        file: name as the user gave it.
        chunk: where it stands.
        value: decoded, None if it is empty or could not be decoded.
        usable: False if a fault says why the value must not be taken for an object.
        duplicates: keys that one of its maps holds twice.
        faults, warnings: about the text itself.
    """

    file: str
    chunk: Chunk
    value: Any = None
    usable: bool = True
    duplicates: tuple[Duplicate, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def read_document(file: str, chunk: Chunk, text: bytes) -> Document:
    """Decode one document; nothing is raised."""
    try:
        decoded = decode_document(text)
    except UnreadableError as error:
        without = _without_marker_text(file, chunk, text)
        if without is not None:
            return without
        fault = Fault(file, chunk.line + max(error.line, 1) - 1, max(error.column, 1), error.message)
        return Document(file, chunk, usable=False, faults=(fault,))
    document = Document(file, chunk, decoded.value, duplicates=decoded.duplicates)
    if decoded.rest is not None:
        without = _without_marker_text(file, chunk, text)
        if without is not None:
            return without
        _judge_rest(document, text, decoded.rest)
    if decoded.depth > MAX_OBJECT_DEPTH:
        message = f"nested {decoded.depth} levels deep; {MAX_OBJECT_DEPTH} are read"
        document.faults = (*document.faults, Fault(file, chunk.line, 1, message))
        document.usable = False
    return document


def _without_marker_text(file: str, chunk: Chunk, text: bytes) -> Document | None:
    """Read a document as Kubernetes does, which drops what stands behind ``---``, if YAML cannot make sense of it."""
    marker = _MARKER_LINE.match(text)
    if marker is None:
        return None
    try:
        decoded: Decoded = decode_exactly(b"---".ljust(marker.end()) + text[marker.end() :])
    except UnreadableError:
        return None
    if decoded.rest is not None or decoded.depth > MAX_OBJECT_DEPTH:
        return None
    warning = Fault(file, chunk.line, 5, "the text behind '---' is not read")
    return Document(file, chunk, decoded.value, duplicates=decoded.duplicates, warnings=(warning,))


def _judge_rest(document: Document, text: bytes, rest: tuple[int, int]) -> None:
    line = document.chunk.line + rest[0] - 1
    end = _END_MARKER.search(text)
    if end is not None and text.count(b"\n", 0, end.start()) < rest[0]:
        message = "what follows '...' is not read, as in Kubernetes: start a document with '---'"
        document.warnings = (*document.warnings, Fault(document.file, line, rest[1], message))
        return
    document.faults = (*document.faults, Fault(document.file, line, rest[1], "text behind the end of the document"))
    document.usable = False
