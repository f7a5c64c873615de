"""Files that hold keys: private from their first moment, whole or absent, and never in the place of something else."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from getmesh.errors import StorageError, UsageError
from getmesh.ports.disk import sync_folder

PART: Final = ".{}.part-of-getmesh"
_PRIVATE: Final = 0o600
_OPEN_FILES: Final = "/proc/self/fd"


def check_target(path: Path, *, force: bool) -> None:
    """See that a private file can be written there, without writing anything.

    Raises:
        UsageError: something is there already and must not be replaced.
        StorageError: the folder is missing, not writable, or anybody may change it.
    """
    folder = path.absolute().parent
    try:
        status = folder.stat()
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}", hint="Make the folder first: mkdir -p -m 700.") from error
    if not stat.S_ISDIR(status.st_mode):
        raise StorageError(f"{folder} is no folder")
    if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
        raise StorageError(f"{folder} can be changed by anybody; no key is put there", hint="Take another folder.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StorageError(f"{folder} cannot be written to")
    if path.is_symlink():
        raise UsageError(f"{path} is a link; keys are not written through links", hint="Name the file itself.")
    if path.exists() and (not force or not path.is_file()):
        raise UsageError(f"{path} exists already", hint="Name another file, or add --force to replace it.")


def write_private(path: Path, data: bytes, *, force: bool = False) -> None:
    """Put a file in place that only its owner may read; afterwards it is there whole, on the disk, or not at all.

    Nothing else is left behind, even by a kill, where the file system knows files without a name. Where it does not,
    and for a moment where a file is replaced, a kill leaves `PART` beside it, as private, until the next write.

    Raises:
        UsageError: something is there already.
        StorageError: it cannot be written.
    """
    check_target(path, force=force)
    part = path.with_name(PART.format(path.name))
    folder = path.absolute().parent
    try:
        with _alone(folder):
            part.unlink(missing_ok=True)
            try:
                _write(path, part, data, force=force)
            finally:
                part.unlink(missing_ok=True)
            sync_folder(folder)
    except FileExistsError:
        raise UsageError(f"{path} exists already", hint="Name another file, or add --force to replace it.") from None
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error


def append_private(path: Path, line: bytes) -> None:
    """Add a line to a private log, on the disk when this returns; a line that does not fit is taken back.

    Raises:
        StorageError: it cannot be written.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, flags, _PRIVATE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            _append(handle, line + b"\n")
        finally:
            os.close(handle)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}") from error


def read_file(path: str, what: str) -> bytes:
    """Read a file that an option names.

    Raises:
        StorageError: it cannot be read.
    """
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise StorageError(f"{what}: {path}: {error.strerror}") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time write private files in a folder, so that a part that lies there is nobody's."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # a file system without locks: two writers of one name are then the user's affair
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, part: Path, data: bytes, *, force: bool) -> None:
    handle, named = _open_unseen(part)
    try:
        os.fchmod(handle, _PRIVATE)
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(data)
        os.fsync(handle)
        source = str(part) if named else f"{_OPEN_FILES}/{handle}"
        if not force:
            _link(source, path)  # the system itself refuses to replace anything
            return
        if not named:
            _link(source, part)
        part.replace(path)
    finally:
        os.close(handle)


def _append(handle: int, data: bytes) -> None:
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        data = b"\n" + data  # a line that the system cut when it went down stays a line of its own
    try:
        while data:
            data = data[os.write(handle, data) :]
        os.fsync(handle)
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, size)
        raise


def _open_unseen(part: Path) -> tuple[int, bool]:
    """Open a file without a name if that is possible, else one with a name of its own; say which."""
    if hasattr(os, "O_TMPFILE") and os.path.isdir(_OPEN_FILES):  # noqa: PTH112 - a question, not a path of ours
        try:
            return os.open(part.absolute().parent, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, _PRIVATE), False
        except OSError as error:
            if error.errno not in {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT}:
                raise
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(part, flags, _PRIVATE), True


def _link(source: str, target: Path) -> None:
    """Give a file a further name, following the link that ``/proc`` has for an open one."""
    folder = os.open(target.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Only with a folder's handle does Python make the call that follows links.
        os.link(source, target.absolute(), src_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)
