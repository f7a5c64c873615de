"""Files of ours: written whole or not at all, flushed to the disk, and guarded by locks between processes."""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from getmesh.errors import StorageError

_POLL_SECONDS = 0.02


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put a file in place: afterwards, even after a crash, it is the old one or the new one, whole.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", hint=_cure(error)) from error


def sync_folder(path: Path) -> None:
    """Make renames inside a folder survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_tree(path: Path) -> None:
    """Remove a file or folder; that it is gone already is fine.

    Raises:
        StorageError: something of it stays.
    """
    import shutil  # noqa: PLC0415 - archive formats come with it: milliseconds of each start

    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", hint=_cure(error)) from error


@contextmanager
def locked(path: Path, *, wait_seconds: float, what: str) -> Iterator[None]:
    """Hold a lock that other processes respect; the kernel gives it back even when this process is killed.

    Args:
        path: the lock's file; it stays, since removing it would split the lock.
        wait_seconds: how long to wait for another process, 0 for not at all.
        what: what the lock guards, for the message.

    Raises:
        StorageError: another process keeps the lock, or the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", hint=_cure(error)) from error
    try:
        end = time.monotonic() + wait_seconds
        while not _try_lock(handle):
            if time.monotonic() >= end:
                raise StorageError(f"another getmesh is working on {what}", hint="Wait for it, then try again.")
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)


def size_of(path: Path) -> int:
    """Give the bytes of a file or of all files below a folder; what vanishes meanwhile counts as nothing."""
    total = 0
    for part in [path, *path.rglob("*")] if path.is_dir() else [path]:
        with suppress(OSError):
            status = part.lstat()
            total += status.st_size if not part.is_dir() else 0
    return total


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EAGAIN}:
            return False
        raise StorageError(f"the lock cannot be taken: {error.strerror}") from error
    return True


def _cure(error: OSError) -> str:
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "Set GETMESH_HOME to a folder that you may write, or give yourself the right."
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "Make room: 'getmesh prune --dry-run' shows what can go."
    return ""
