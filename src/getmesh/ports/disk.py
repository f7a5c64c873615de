"""Writing to disk so that a reader, or a crash, never sees half a file."""

import os
import secrets
from pathlib import Path

from getmesh.errors import StorageError


def write_atomically(target: Path, content: bytes, *, mode: int = 0o644, clobber: bool = True) -> None:
    """Put content into a file as a whole: after return it is on disk, after any failure the old file is untouched.

    Args:
        target: file to write; a symbolic link is replaced, not followed.
        content: all bytes.
        mode: permissions of the new file.
        clobber: False refuses to replace a file that exists.

    Raises:
        StorageError: the folder cannot be written, the disk is full, or the file exists and may not be replaced.
    """
    stage = target.parent / f".{target.name}.{secrets.token_hex(6)}"
    try:
        descriptor = os.open(stage, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if clobber:
                stage.replace(target)
            else:
                os.link(stage, target, follow_symlinks=False)
        finally:
            stage.unlink(missing_ok=True)
        _sync_folder(target.parent)
    except FileExistsError as error:
        raise StorageError(f"{target} exists", hint="Name another file or remove this one.") from error
    except OSError as error:
        raise StorageError(f"cannot write {target}: {error.strerror or error}") from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
