"""The one file inside a release archive, taken out without trusting the archive.

An archive must hold exactly one member, a plain file with the expected name. Links, devices, sparse files, folders,
second members, other names, encryption and anything beyond the size limit are refused; nothing is ever written
anywhere but to the path given.
"""

import gzip
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from getmesh.distributions.checksums import Sink
from getmesh.errors import TrustError

LARGEST_BINARY = 512 << 20
_HEADERS = 1 << 20
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"


class Extracted(NamedTuple):
    """What was taken out: SHA-256 and size of the file."""

    sha256: str
    size: int


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Bounded:
    """Reads at most so many bytes of a stream that may be endless."""

    def __init__(self, source: _Readable, allowance: int) -> None:
        self._source = source
        self.allowance = allowance

    def read(self, size: int = -1) -> bytes:
        """Read at most ``size`` bytes.

        Raises:
            TrustError: more is asked for than is allowed.
        """
        data = self._source.read(min(size, _CHUNK) if size >= 0 else _CHUNK)
        self.allowance -= len(data)
        if self.allowance < 0:
            raise TrustError("the archive unpacks to more than it may")
        return data


def looks_like_archive(head: bytes) -> bool:
    """Whether a file begins as gzip or zip does."""
    return head.startswith((_GZIP, _ZIP))


def extract(archive: Path, member: str, target: Path) -> Extracted:
    """Write the archive's one member to ``target``: executable, flushed to the disk.

    Raises:
        TrustError: the archive is damaged or not of the strict form above.
    """
    with archive.open("rb") as file:
        head = file.read(4)
    try:
        if head.startswith(_GZIP):
            return _from_tar(archive, member, target)
        if head == _ZIP:
            return _from_zip(archive, member, target)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile, EOFError) as error:
        raise TrustError(f"{archive.name}: the archive is damaged: {error}") from error
    except (NotImplementedError, RuntimeError, UnicodeError, ValueError, OverflowError) as error:
        raise TrustError(f"{archive.name}: the archive cannot be read safely: {error}") from error
    raise TrustError(f"{archive.name}: neither a gzip nor a zip archive")


def _from_tar(archive: Path, member: str, target: Path) -> Extracted:
    with gzip.open(archive, "rb") as unzipped:
        bounded = _Bounded(unzipped, _HEADERS)
        with tarfile.open(fileobj=_as_file(bounded), mode="r|", bufsize=_CHUNK // 2, errorlevel=2) as tar:
            info = tar.next()
            if info is None:
                raise TrustError(f"{archive.name}: the archive is empty")
            _check_tar_member(archive.name, info, member)
            bounded.allowance += info.size + _HEADERS
            body = tar.extractfile(info)
            if body is None:
                raise TrustError(f"{archive.name}: {member} has no content")
            extracted = _write(body, info.size, target)
            if (second := tar.next()) is not None:
                raise TrustError(f"{archive.name}: the archive holds a second member, {second.name!r}")
        while bounded.read(_CHUNK):
            pass
    return extracted


def _as_file(bounded: _Bounded) -> IO[bytes]:
    # tarfile's stream mode calls nothing but read().
    return bounded  # type: ignore[return-value]  # typeshed asks for a whole file object


def _check_tar_member(archive: str, info: tarfile.TarInfo, member: str) -> None:
    if info.name != member:
        raise TrustError(f"{archive}: expected {member!r}, the archive holds {info.name!r}")
    sparse = getattr(info, "sparse", None) is not None or any("GNU.sparse" in key for key in info.pax_headers)
    if info.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or sparse:
        raise TrustError(f"{archive}: {info.name!r} is no plain file")
    _check_size(archive, info.name, info.size)


def _from_zip(archive: Path, member: str, target: Path) -> Extracted:
    with zipfile.ZipFile(archive) as pack:
        entries = pack.infolist()
        if [entry.filename for entry in entries] != [member]:
            names = ", ".join(repr(entry.filename) for entry in entries[:3])
            raise TrustError(f"{archive.name}: expected {member!r} alone, the archive holds {names or 'nothing'}")
        entry = entries[0]
        kind = stat.S_IFMT(entry.external_attr >> 16)
        plain = kind in {0, stat.S_IFREG} and not entry.is_dir() and not entry.flag_bits & 0x1
        if not plain or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise TrustError(f"{archive.name}: {member!r} is no plain file")
        _check_size(archive.name, member, entry.file_size)
        with pack.open(entry) as body:
            return _write(body, entry.file_size, target)


def _check_size(archive: str, name: str, size: int) -> None:
    if not 0 < size <= LARGEST_BINARY:
        raise TrustError(f"{archive}: {name!r} has {size} bytes, allowed are 1 to {LARGEST_BINARY}")


def _write(body: IO[bytes], size: int, target: Path) -> Extracted:
    written = 0
    with _new_file(target) as file:
        with Sink(file) as sink:
            while chunk := body.read(_CHUNK):
                written += len(chunk)
                if written > size:
                    break
                sink.put(chunk)
        if written != size:
            raise TrustError(f"{target.name}: the archive holds {written} bytes, announced were {size}")
        digest = sink.sha256()
        file.flush()
        os.fchmod(file.fileno(), 0o755)
        os.fsync(file.fileno())
    return Extracted(digest, size)


@contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that must not exist yet, links included."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        yield file
