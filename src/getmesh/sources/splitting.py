"""A file cut into documents, before anything is parsed.

A line that starts with ``---`` always ends a document, even inside a block scalar: Kubernetes' reader cuts there
(``k8s.io/apimachinery/pkg/util/yaml``), and YAML's grammar says the same.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_MARKER: Final = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)


class Chunk(NamedTuple):
    """One document's text.

    Attributes:
        start, end: byte offsets in the file.
        line: line of the first byte, from 1.
    """

    start: int
    end: int
    line: int


def split(data: bytes) -> Iterator[Chunk]:
    """Yield the documents in order; a marker's line belongs to the document that it opens."""
    start = 0
    line = 1
    for match in _MARKER.finditer(data):
        position = match.start()
        if position > start:
            yield Chunk(start, position, line)
            line += data.count(b"\n", start, position)
            start = position
    if start < len(data):
        yield Chunk(start, len(data), line)
