"""``.sha256`` files and SHA-256 of files.

Upstream writes ``<64 hex> <name>`` with one blank, which strict checkers reject, so the file is read here: the digest
must be whole and the name must be the archive's.
"""

import hashlib
import re
from pathlib import Path

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
