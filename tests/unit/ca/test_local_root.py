"""A root is made whole, or it is said what is there."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from getmesh.ca.local_root import CERTIFICATE, KEY, create_root
from getmesh.ca.subject import Subject
from getmesh.errors import StorageError, UsageError

NOW = datetime.now(UTC)
PASSPHRASE = b"correct horse battery"


@pytest.mark.parametrize("lost", [KEY, CERTIFICATE])
def test_half_a_root_is_named_as_such_and_a_whole_one_is_never_overwritten(tmp_path: Path, lost: str) -> None:
    create_root(tmp_path, Subject("root"), PASSPHRASE, NOW)
    with pytest.raises(UsageError, match="holds a root already"):
        create_root(tmp_path, Subject("root"), PASSPHRASE, NOW)
    (tmp_path / lost).unlink()
    with pytest.raises(UsageError, match="half a root"):
        create_root(tmp_path, Subject("root"), PASSPHRASE, NOW)


def test_a_disk_that_is_full_before_the_certificate_leaves_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, made = os.link, []

    def full(*arguments: object, **settings: object) -> None:
        made.append(arguments)
        if len(made) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        link(*arguments, **settings)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(StorageError, match="No space left"):
        create_root(tmp_path, Subject("root"), PASSPHRASE, NOW)
    assert list(tmp_path.iterdir()) == []
