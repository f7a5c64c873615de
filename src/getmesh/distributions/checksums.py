"""``.sha256`` files and SHA-256 of files.

Upstream writes ``<64 hex> <name>`` with one blank, which strict checkers reject, so the file is read here: the digest
must be whole and the name must be the archive's.
"""

import hashlib
import re
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, Self

from getmesh.errors import TrustError

_LINE = re.compile(r"([0-9A-Fa-f]{64})[ \t]+\*?(\S+)")
_DIGEST = re.compile(r"[0-9A-Fa-f]{64}")
LONGEST = 4096
_CHUNK = 1 << 20


def parse_checksum(data: bytes, file_name: str) -> str:
    """Give the SHA-256 of ``file_name`` that a checksum file states, in lower case.

    Raises:
        TrustError: it is no checksum file, or speaks of another file.
    """
    try:
        lines = [line.strip() for line in data.decode("ascii").splitlines() if line.strip()]
    except UnicodeDecodeError:
        lines = []
    if len(lines) != 1 or (match := _LINE.fullmatch(lines[0])) is None:
        raise TrustError(f"the checksum file of {file_name} is none")
    name = match[2].rpartition("/")[2]
    if name != file_name:
        raise TrustError(f"the checksum file of {file_name} speaks of {name!r}")
    return match[1].lower()


def parse_digest(text: str) -> str:
    """Give a SHA-256 in lower case; ``sha256:`` may stand before it.

    Raises:
        TrustError: it is none.
    """
    bare = text.removeprefix("sha256:")
    if _DIGEST.fullmatch(bare) is None:
        raise TrustError(f"{text!r} is no SHA-256", hint="Give 64 hexadecimal digits.")
    return bare.lower()


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


class Sink:
    """Writes pieces to a file and takes their SHA-256 in a thread, while the caller waits for the next piece.

    Leaving the context waits until all pieces are written, also after an error of the caller's.

    Args:
        file: where the pieces go.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._pieces: Queue[bytes] = Queue(maxsize=4)
        self._failure: OSError | None = None
        self._thread = Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._pieces.put(b"")
        self._thread.join()

    def seen(self, piece: bytes) -> None:
        """Take the digest of a piece that is in the file already; only before the first ``put``."""
        self._digest.update(piece)

    def put(self, piece: bytes) -> None:
        """Hand over a piece.

        Raises:
            OSError: an earlier piece could not be written.
        """
        if self._failure is not None:
            raise self._failure
        if piece:
            self._pieces.put(piece)

    def sha256(self) -> str:
        """Give the digest of everything; only after the context was left.

        Raises:
            OSError: a piece could not be written.
        """
        if self._failure is not None:
            raise self._failure
        return self._digest.hexdigest()

    def _work(self) -> None:
        while piece := self._pieces.get():
            if self._failure is None:
                try:
                    self._file.write(piece)
                except OSError as error:
                    self._failure = error
                self._digest.update(piece)
