import os
import threading
from pathlib import Path

import pytest

from getmesh.distributions import layout
from getmesh.distributions.names import host_platform
from getmesh.distributions.records import NewerFormatError, parse, render
from getmesh.distributions.store import FetchedBuild, Store
from getmesh.errors import InputError, StorageError
from getmesh.ports.disk import locked, write_atomically
from tests.fakes.releases import DUMPER
from tests.fakes.stores import put_build

HERE = host_platform()


def put(
    store: Store, name: str, content: bytes = DUMPER, *, activate: bool = False, platform: str = HERE
) -> FetchedBuild:
    return put_build(store.home, name, content, activate=activate, platform=platform)


def test_builds_come_in_the_order_of_versions(store: Store) -> None:
    for name in ("1.10.0-istio-v0", "1.9.0-istio-v0", "1.9.0-tetrate-v10", "1.9.0-tetrate-v9"):
        put(store, name, name.encode())
    names = [build.name for build in store.builds()]
    assert names == ["1.9.0-istio-v0", "1.9.0-tetrate-v9", "1.9.0-tetrate-v10", "1.10.0-istio-v0"]


def test_equal_content_is_kept_once_and_survives_the_removal_of_one_name(store: Store) -> None:
    first, second = put(store, "1.9.0-istio-v0"), put(store, "1.9.1-istio-v0")
    assert store.binary(first) == store.binary(second)
    store.remove([first])
    assert store.binary(second).read_bytes() == DUMPER
    store.remove([second])
    assert not list((store.home / "blobs").iterdir())


def test_the_active_build_is_never_removed(store: Store) -> None:
    build = put(store, "1.9.0-istio-v0", activate=True)
    store.remove([build])
    assert store.builds() == [build]


def test_reading_makes_nothing(store: Store) -> None:
    assert store.builds() == []
    assert store.active_name() == ""
    assert store.leftovers() == []
    assert not store.home.exists()


def test_a_build_of_another_platform_cannot_be_active(store: Store) -> None:
    with pytest.raises(InputError, match="windows/amd64"):
        store.switch(put(store, "1.9.0-istio-v0", platform="windows/amd64"))


def test_a_damaged_build_cannot_become_active(store: Store) -> None:
    build = put(store, "1.9.0-istio-v0")
    store.binary(build).write_bytes(b"half")
    with pytest.raises(InputError, match="4 bytes"):
        store.switch(build)


@pytest.mark.parametrize(
    "junk", [b"", b"\xff\xfe", b"getmesh-build: 1\n", b"{}", b"getmesh-build: 1\nname: x\nsize: many\n"]
)
def test_a_broken_record_is_shown_as_broken_and_can_be_removed(store: Store, junk: bytes) -> None:
    put(store, "1.9.1-istio-v0", activate=True)
    path = store.home / "builds" / "1.9.0-istio-v0.linux-amd64"
    path.write_bytes(junk)
    broken, whole = store.builds()
    assert broken.fault
    assert not whole.fault
    store.remove([broken])
    assert len(store.builds()) == 1


@pytest.mark.parametrize("digest", ["../../../etc", "0" * 63, "G" * 64, ""])
def test_a_digest_that_is_none_leads_nowhere(digest: str) -> None:
    with pytest.raises(layout.DamagedError):
        layout.blob_path("/home", digest, HERE)


def test_later_releases_may_add_keys_but_not_change_the_format(store: Store) -> None:
    build = put(store, "1.9.0-istio-v0", activate=True)
    path = store.home / "active"
    path.write_bytes(path.read_bytes() + b"mood: sunny\n")
    assert store.active_name() == build.name
    path.write_bytes(path.read_bytes().replace(b"getmesh-active: 1", b"getmesh-active: 2"))
    with pytest.raises(StorageError, match="later getmesh"):
        store.active_name()


def test_state_files_read_back_and_keep_to_their_lines() -> None:
    fields = {"name": "a: b", "source": "x\ny\r\nz", "odd": "\udcff"}
    assert parse("build", render("build", fields)) == {"name": "a: b", "source": "x y z", "odd": "\udcff"}
    with pytest.raises(ValueError, match="no getmesh active file"):
        parse("active", render("build", fields))
    with pytest.raises(NewerFormatError):
        parse("build", render("build", fields, version=2))


def test_orphans_and_stale_staging_are_leftovers(store: Store) -> None:
    put(store, "1.9.0-istio-v0", activate=True)
    orphan = store.home / "blobs" / ("0" * 64)
    orphan.mkdir()
    old, new = store.new_staging("old"), store.new_staging("new")
    os.utime(old, (1, 1))
    given_up, running = store.home / "downloads" / "a.part", store.home / "downloads" / "b.part"
    given_up.parent.mkdir()
    for part in (given_up, running):
        part.write_bytes(b"x")
    os.utime(given_up, (1, 1))
    assert store.leftovers() == [orphan, old, given_up]
    store.remove([])
    assert not orphan.exists()
    assert not given_up.exists()
    assert running.exists()
    assert new.exists()


def test_parallel_commits_of_the_same_build_leave_one_whole(store: Store) -> None:
    content = b"x" * 500_000
    threads = [threading.Thread(target=put, args=(store, "1.9.0-istio-v0", content)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (build,) = store.builds()
    assert store.binary(build).read_bytes() == content
    assert not list((store.home / "staging").iterdir())


def test_a_lock_keeps_others_out_and_says_so(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "l", wait_seconds=1, what="x"),
        pytest.raises(StorageError, match="another getmesh"),
        locked(tmp_path / "l", wait_seconds=0.05, what="x"),
    ):
        pass
    with locked(tmp_path / "l", wait_seconds=0, what="x"):
        pass


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "text")  # type: ignore[arg-type]  # on purpose
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]
