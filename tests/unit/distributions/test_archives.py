import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from getmesh.distributions.archives import extract
from getmesh.errors import TrustError
from tests.fakes.releases import DUMPER, good, good_zip, hostile, hostile_zips


def test_the_member_is_written_as_it_is(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(good())
    extracted = extract(archive, "istioctl", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == DUMPER
    assert extracted.sha256 == hashlib.sha256(DUMPER).hexdigest()
    assert extracted.size == len(DUMPER)
    assert os.access(tmp_path / "out", os.X_OK)


def test_a_zip_for_windows_is_read_too(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    archive.write_bytes(good_zip())
    assert extract(archive, "istioctl.exe", tmp_path / "out").size == len(DUMPER)


@pytest.mark.parametrize(("what", "data"), [pytest.param(what, data, id=what) for what, data in hostile()])
def test_every_hostile_tar_is_refused(tmp_path: Path, what: str, data: bytes) -> None:
    _assert_refused(tmp_path, what, data, "istioctl")


@pytest.mark.parametrize(("what", "data"), [pytest.param(what, data, id=what) for what, data in hostile_zips()])
def test_every_hostile_zip_is_refused(tmp_path: Path, what: str, data: bytes) -> None:
    _assert_refused(tmp_path, what, data, "istioctl.exe")


def _assert_refused(tmp_path: Path, what: str, data: bytes, member: str) -> None:
    folder = tmp_path / "deep" / "staging"
    folder.mkdir(parents=True)
    archive = tmp_path / "archive"
    archive.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(TrustError):
        extract(archive, member, folder / member)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert written <= {"deep", "deep/staging", "archive", f"deep/staging/{member}"}, what
    assert peak < 32 << 20, f"{what}: {peak} bytes of memory"


def test_a_file_that_is_there_already_is_never_written_through(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(good())
    (tmp_path / "victim").write_text("mine")
    (tmp_path / "out").symlink_to(tmp_path / "victim")
    with pytest.raises(FileExistsError):
        extract(archive, "istioctl", tmp_path / "out")
    assert (tmp_path / "victim").read_text() == "mine"
