"""Private files are whole or not there, and logs hold whole lines."""

import errno
import os
from pathlib import Path

import pytest

from getmesh.ca.files import PART, append_private, write_private
from getmesh.errors import StorageError


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("unnamed", [False, True])
def test_what_a_killed_write_left_is_gone_after_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool, force: bool
) -> None:
    if not unnamed:
        monkeypatch.delattr(os, "O_TMPFILE")
    target = tmp_path / "ca.yaml"
    (tmp_path / PART.format("ca.yaml")).write_text("half a key")
    if force:
        target.write_text("old")
    write_private(target, b"new", force=force)
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [target]


def test_a_line_that_does_not_fit_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    append_private(log, b"first")
    write = os.write

    def full(handle: int, data: bytes) -> int:
        if len(data) < 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data[:3])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError, match="No space left"):
        append_private(log, b"second")
    monkeypatch.undo()
    assert log.read_bytes() == b"first\n"
    append_private(log, b"third")
    assert log.read_bytes() == b"first\nthird\n"


def test_a_line_that_the_system_cut_stays_a_line_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b'{"serial": "12')
    append_private(log, b"next")
    assert log.read_bytes().splitlines() == [b'{"serial": "12', b"next"]
