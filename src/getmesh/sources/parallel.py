"""Decode the documents of large inputs in several processes."""

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from getmesh.sources.documents import Document
from getmesh.sources.places import Duplicate, Fault
from getmesh.sources.runs import read_run
from getmesh.sources.splitting import Chunk, split

if TYPE_CHECKING:
    from concurrent.futures import Future

WORTH_SHARING: Final = 2_000_000
"""Bytes of input from which a pool is worth its start."""

_AHEAD: Final = 4
_PART: Final = 512_000
_MAX_JOBS: Final = 8


class Part(NamedTuple):
    """Neighbouring documents of one file, decoded by one process."""

    file: str
    line: int
    text: bytes
    start: int


def processes(size: int, jobs: int | None) -> int:
    """Give how many processes to use for an input of this many bytes."""
    if size < WORTH_SHARING:
        return 1
    wanted = min(os.cpu_count() or 1, _MAX_JOBS) if jobs is None else jobs
    return max(wanted, 1)


def parts(file: str, data: bytes) -> Iterator[Part]:
    """Cut a file at document borders into pieces of about half a megabyte."""
    first: Chunk | None = None
    end = 0
    for chunk in split(data):
        if first is not None and chunk.end - first.start > _PART:
            yield Part(file, first.line, data[first.start : end], first.start)
            first = None
        if first is None:
            first = chunk
        end = chunk.end
    if first is not None:
        yield Part(file, first.line, data[first.start : end], first.start)


def decode_part(part: Part) -> list[Document]:
    """Give the documents of a part, their places those in the file."""
    return read_run(part.file, part.text, list(split(part.text)), Chunk(part.start, 0, part.line))


def decode_all(pieces: Iterable[Part], jobs: int) -> Iterator[Document]:
    """Yield the documents of all parts in order, decoded by this many processes."""
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - 27 ms that small inputs need not pay
    from multiprocessing import get_context  # noqa: PLC0415 - same

    context = get_context("fork" if sys.platform == "linux" else "spawn")
    waiting: deque[tuple[Part, Future[bytes | None]]] = deque()
    remaining = iter(pieces)
    with ProcessPoolExecutor(jobs, context) as pool:
        while True:
            for part in islice(remaining, jobs * _AHEAD - len(waiting)):
                waiting.append((part, pool.submit(_work, part)))
            if not waiting:
                return
            part, future = waiting.popleft()
            yield from unpack(part, future.result())


def _work(part: Part) -> bytes | None:
    """Decode a part in a worker; MessagePack is far cheaper to hand back than pickled objects."""
    import gc  # noqa: PLC0415 - in the worker only

    from msgspec import msgpack  # noqa: PLC0415 - 18 ms that small inputs need not pay

    gc.disable()
    rows = [(doc.chunk, doc.value, doc.usable, doc.duplicates, doc.faults, doc.warnings) for doc in decode_part(part)]
    try:
        return msgpack.encode(rows)
    except (RecursionError, OverflowError, ValueError):
        return None


def unpack(part: Part, packed: bytes | None) -> list[Document]:
    """Give the documents that a worker handed back; decode them here if it could not."""
    from msgspec import msgpack  # noqa: PLC0415 - 18 ms that small inputs need not pay

    if packed is None:
        return decode_part(part)
    rows: list[tuple[Any, ...]] = msgpack.decode(packed)
    found: list[Document] = []
    for chunk, value, usable, duplicates, faults, warnings in rows:
        twice = tuple(Duplicate(tuple(path), key) for path, key in duplicates)
        wrong, odd = (tuple(Fault(*fault) for fault in kind) for kind in (faults, warnings))
        found.append(Document(part.file, Chunk(*chunk), value, usable, twice, wrong, odd))
    return found
