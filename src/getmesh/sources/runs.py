"""Neighbouring ordinary documents decoded by one parser, since starting a parser costs as much as a small document."""

import re
from collections.abc import Sequence
from typing import Any, Final

from yaml.error import MarkedYAMLError, YAMLError

from getmesh.sources import quick
from getmesh.sources.documents import Document, read_document
from getmesh.sources.places import UnreadableError
from getmesh.sources.splitting import Chunk

_OTHER_BORDER: Final = re.compile(rb"^(?:%|\.\.\.)", re.MULTILINE)
_LONGEST_PAUSE: Final = 1024
"""Documents to read one by one after repeated errors, as each new run costs as much as its whole text."""
_UNREAD: Final = object()


def read_run(file: str, text: bytes, chunks: Sequence[Chunk], offset: Chunk) -> list[Document]:
    """Decode all documents of a text.

    Args:
        file: name for faults.
        text: holds the chunks.
        chunks: places inside the text, ascending.
        offset: its start and line say where the text begins in the file.
    """
    values: list[Any] = [_UNREAD] * len(chunks)
    joins = [_joins(text[chunk.start : chunk.end]) for chunk in chunks]
    first = 0
    pause = 1
    while first < len(chunks):
        last = first
        while last < len(chunks) and joins[last]:
            last += 1
        if last - first <= 1:
            first += 1
            continue
        first = _compose(text, chunks, first, last, values)
        if first < last:
            first += pause
            pause = min(pause * 2, _LONGEST_PAUSE)
    found: list[Document] = []
    for chunk, value in zip(chunks, values, strict=True):
        place = Chunk(chunk.start + offset.start, chunk.end + offset.start, chunk.line + offset.line - 1)
        if value is _UNREAD:
            found.append(read_document(file, place, text[chunk.start : chunk.end]))
        else:
            found.append(Document(file, place, value))
    return found


def _joins(text: bytes) -> bool:
    """Tell whether a document may be parsed together with its neighbours."""
    return quick.is_ordinary(text) and text[:1] not in b"{[ \t-" and _OTHER_BORDER.search(text) is None


def _compose(text: bytes, chunks: Sequence[Chunk], first: int, last: int, values: list[Any]) -> int:
    """Fill in the values from first to before last; give the index to go on with.

    A document that only the exact way can read or refuse stays unread. A parser's error ends the run early.
    """
    top = chunks[first].line
    composer = quick.Composer(text[chunks[first].start : chunks[last - 1].end])
    current = first - 1
    try:
        while composer.check_node():
            root: Any = composer.get_node()
            if root.id == "scalar" and not root.value and not root.style:
                continue  # nothing between two markers; its place is that of the next token
            line = top + root.start_mark.line
            while current + 1 < last and chunks[current + 1].line <= line:
                current += 1
                values[current] = None
            try:
                values[current] = quick.build(root)
            except (quick.OrdinaryError, UnreadableError, RecursionError):
                values[current] = _UNREAD
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if current >= first and (mark is None or current + 1 >= last or top + mark.line < chunks[current + 1].line):
            values[current] = _UNREAD
        return current + 2
    except (YAMLError, UnicodeError):
        return current + 2
    finally:
        composer.dispose()
    for index in range(current + 1, last):
        values[index] = None
    return last
