"""The short way through YAML and the exact one agree on every text."""

from hypothesis import given
from hypothesis import strategies as st

from getmesh.sources.places import UnreadableError
from getmesh.sources.runs import read_run
from getmesh.sources.splitting import Chunk, split
from getmesh.sources.yaml_text import decode_exactly

PIECES = [
    ": ", ":", ", ", "- ", "? ", "[", "]", "{", "}", " #", "&a ", "*a", "!", "!!str ", "!x,", "|\n", ">-\n", '"', "'",
    "%", "\t", " ", "  ", "\n", "\r\n", "\r", "<<: ", "~", "a", "b: c\n", "1", "0x1F", ".5", "yes", "\\/", "\\x41",
    "...\n", "---\n", "\ufeff", "\x85", "\u2028", "é", "\n  ", "\n- ", "{a: 1}\n", "a: [x, y]\n", "a: 1\n", "\x00",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
streams = st.lists(texts, min_size=1, max_size=5).map("---\n".join)


@given(streams)
def test_documents_read_together_are_read_as_each_alone(text: str) -> None:
    """A marker in the first column ends a document: Kubernetes cuts there before it parses."""
    data = text.encode()
    chunks = list(split(data))
    for document, chunk in zip(read_run("f", data, chunks, Chunk(0, 0, 1)), chunks, strict=True):
        part = data[chunk.start : chunk.end]
        if document.warnings or part.lstrip()[:1] in (b"{", b"["):
            continue
        try:
            expected = decode_exactly(part)
        except UnreadableError:
            assert document.faults
        else:
            assert repr(document.value) == repr(expected.value)
            assert document.duplicates == expected.duplicates
            assert document.usable is (expected.rest is None)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything(data: bytes) -> None:
    for chunk, document in zip(split(data), read_run("f", data, list(split(data)), Chunk(0, 0, 1)), strict=True):
        assert document.chunk == chunk
