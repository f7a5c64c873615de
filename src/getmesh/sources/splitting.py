"""A file cut into documents, before anything is parsed.

A line that starts with ``---`` always ends a document, even inside a block scalar: Kubernetes' reader cuts there
(``k8s.io/apimachinery/pkg/util/yaml``), and YAML's grammar says the same.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_BOM: Final = b"\xef\xbb\xbf"
_MARKER: Final = re.compile(rb"---(?:(?:[ \t]+(?:#[^\r\n]*)?)?(\r\n|\n|\r|\Z)|[ \t])")


class Chunk(NamedTuple):
    """One document's text.

    Attributes:
        start, end: byte offsets in the file; the text begins behind the marker's line, or with the marker if more than
            a comment stands on its line.
        line: line of the first byte, from 1.
    """

    start: int
    end: int
    line: int


def split(data: bytes) -> Iterator[Chunk]:
    """Yield the documents in order, those without any text left out."""
    breaks = b"\n" if b"\n" in data else b"\r"
    start = 0
    line = 1
    for marker in _markers(data, breaks):
        if marker.start() > start:
            yield Chunk(start, marker.start(), line)
        begin = marker.start() if marker[1] is None else marker.end()
        line += data.count(breaks, start, begin)
        start = begin
    if start < len(data):
        yield Chunk(start, len(data), line)


def _markers(data: bytes, breaks: bytes) -> Iterator[re.Match[bytes]]:
    first = len(_BOM) if data.startswith(_BOM) else 0
    marker = _MARKER.match(data, first)
    if marker is not None:
        yield marker
    needle = breaks + b"---"
    position = data.find(needle)
    while position >= 0:
        marker = _MARKER.match(data, position + 1)
        if marker is not None:
            yield marker
        position = data.find(needle, position + 1)
