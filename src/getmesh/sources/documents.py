"""Files to decoded documents."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from getmesh.sources.locating import Locator
from getmesh.sources.places import Duplicate, Fault, UnreadableError
from getmesh.sources.splitting import Chunk, split
from getmesh.sources.yaml_text import decode_document


@dataclass(slots=True)
class Document:
    """One decoded document, or what is wrong with it.

    Attributes:
        file: name as the user gave it.
        chunk: where it stands.
        value: decoded, None if it is empty or could not be decoded.
        duplicates: keys that one of its maps holds twice.
    """

    file: str
    chunk: Chunk
    value: Any = None
    duplicates: list[Duplicate] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def read_documents(files: Sequence[str], locator: Locator, jobs: int | None) -> Iterator[Document]:
    """Yield the documents of the files in order; a file that cannot be read yields one without value."""
    del jobs
    for file in files:
        try:
            data = locator.data(file)
        except OSError as error:
            fault = Fault(file, 0, 0, f"cannot be read: {error.strerror or error}")
            yield Document(file, Chunk(0, 0, 1), faults=[fault])
            continue
        for chunk in split(data):
            yield decode_chunk(file, chunk, data[chunk.start : chunk.end])


def decode_chunk(file: str, chunk: Chunk, text: bytes) -> Document:
    """Decode one document."""
    document = Document(file, chunk)
    try:
        document.value, document.duplicates = decode_document(text)
    except UnreadableError as error:
        line = chunk.line + max(error.line, 1) - 1
        document.faults.append(Fault(file, line, max(error.column, 1), error.message))
    return document
