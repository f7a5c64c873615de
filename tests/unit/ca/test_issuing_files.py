"""Files with a CA are private and whole or not there; what cannot be put in place is kept where that was asked."""

import errno
import os
from dataclasses import replace
from itertools import count
from pathlib import Path

import pyrage
import pytest
import yaml

from getmesh.ca.bundle import from_data
from getmesh.ca.encryption import decrypt
from getmesh.ca.fitness import judge
from getmesh.ca.order import Order
from getmesh.ca.problems import errors
from getmesh.ca.secrets import read_secret
from getmesh.errors import ClusterError, GetmeshError, StorageError, UsageError
from tests.fakes.authorities import NOW
from tests.fakes.orders import OLD, WISH, Signer, flow, present, run, with_old
from tests.fakes.secrets_api import SecretsApi


@pytest.fixture
def to_file(tmp_path: Path) -> Order:
    return replace(Order("local", {}, WISH), file=str(tmp_path / "out" / "cacerts.yaml"), to_secret=False)


def test_a_file_is_private_whole_and_for_kubectl(to_file: Order, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    before = os.umask(0)
    try:
        run(flow(SecretsApi(), order=to_file))
    finally:
        os.umask(before)
    path = Path(to_file.file)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "kind: Secret" in path.read_text()
    assert [one.name for one in path.parent.iterdir()] == ["cacerts.yaml"]


def test_a_file_is_never_clobbered_nor_written_through_a_link(to_file: Order, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    path = Path(to_file.file)
    path.write_text("mine")
    signer = Signer()
    with pytest.raises(UsageError, match="exists"):
        run(flow(SecretsApi(), signer, to_file))
    assert path.read_text() == "mine"
    path.unlink()
    target = tmp_path / "elsewhere"
    path.symlink_to(target)
    with pytest.raises(UsageError, match="link"):
        run(flow(SecretsApi(), signer, to_file, force=True))
    assert not target.exists()
    assert signer.issued == 0


def test_a_folder_that_anybody_may_change_gets_no_key(to_file: Order, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o777)
    with pytest.raises(GetmeshError, match="anybody"):
        run(flow(SecretsApi(), order=to_file))


@pytest.mark.parametrize("broken", ["write", "fsync", "link", "fchmod"])
@pytest.mark.parametrize("force", [False, True])
def test_a_full_disk_leaves_nothing_or_the_old_file(
    to_file: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, force: bool
) -> None:
    (tmp_path / "out").mkdir()
    path = Path(to_file.file)
    if force:
        path.write_text("before")
    issuing = flow(SecretsApi(), order=to_file, force=force)
    ready = issuing.preflight()
    done = issuing.issue(ready)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    name = {"write": "fdopen"}.get(broken, broken)
    monkeypatch.setattr(os, name, full)
    with pytest.raises(GetmeshError, match="No space"):
        issuing.write(ready, done)
    monkeypatch.undo()
    assert [one.name for one in path.parent.iterdir()] == (["cacerts.yaml"] if force else [])
    assert not force or path.read_text() == "before"


def refusing() -> SecretsApi:
    """Give an API that would take a change of the CA when it is asked beforehand, and then does not."""
    api = with_old()
    changes = count()

    def refuse(method: str, path: str) -> str:
        return "500" if (method, path.rpartition("/")[2]) == ("PUT", "cacerts") and next(changes) else ""

    api.fault = refuse
    return api


def test_a_ca_that_the_cluster_does_not_take_is_kept_where_that_was_asked_for(tmp_path: Path) -> None:
    api, file = refusing(), tmp_path / "kept.yaml"
    with pytest.raises(ClusterError, match="the CA that was issued is in") as caught:
        run(flow(api, rescue=str(file)))
    assert caught.value.hint == f"When that is mended: getmesh ca restore {file}"
    assert file.stat().st_mode & 0o777 == 0o600
    kept = read_secret(yaml.safe_load(file.read_text()))
    assert errors(judge(from_data(kept.data), NOW)) == []
    assert present(api) == OLD


def test_it_is_kept_encrypted_if_there_are_recipients(tmp_path: Path) -> None:
    identity, file = pyrage.x25519.Identity.generate(), tmp_path / "kept.age"
    with pytest.raises(ClusterError, match="is in"):
        run(flow(refusing(), rescue=str(file), recipients=[str(identity.to_public())]))
    assert b"PRIVATE KEY" not in file.read_bytes()
    assert "kind: Secret" in decrypt(file.read_bytes(), str(identity)).decode()


def test_without_a_place_it_is_said_to_be_lost_and_nothing_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ClusterError, match=r"was not written.*\(number 1\) was in memory only and is gone") as caught:
        run(flow(refusing()))
    assert "--rescue-file" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_fails_too_is_said(tmp_path: Path) -> None:
    file = tmp_path / "kept.yaml"
    issuing = flow(refusing(), rescue=str(file))
    ready = issuing.preflight()
    done = issuing.issue(ready)
    file.write_text("mine")
    with pytest.raises(ClusterError, match=r"nor could it be kept: .*exists already; .* is gone"):
        issuing.write(ready, done)
    assert file.read_text() == "mine"


def test_what_was_signed_elsewhere_is_not_lost() -> None:
    with pytest.raises(ClusterError) as caught:
        run(flow(refusing(), order=Order("csr", {}, WISH, override=True)))
    assert "gone" not in caught.value.message
    assert caught.value.hint == "Key and signed chain are where they were: run it again."


def test_a_place_that_cannot_be_written_is_found_before_anything_is_issued(tmp_path: Path) -> None:
    signer = Signer()
    with pytest.raises(StorageError, match="No such file"):
        run(flow(with_old(), signer, rescue=str(tmp_path / "gone" / "kept.yaml")))
    with pytest.raises(UsageError, match="no file to encrypt"):
        run(flow(with_old(), signer, recipients=[str(pyrage.x25519.Identity.generate().to_public())]))
    assert signer.issued == 0
