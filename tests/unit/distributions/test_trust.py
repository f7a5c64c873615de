import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from getmesh.distributions import editions
from getmesh.distributions.catalog import encode
from getmesh.distributions.trust import refresh
from getmesh.errors import GetmeshError, NetworkError, TrustError
from getmesh.ports.http import Http
from tests.fakes.catalogs import Publisher, small_catalog
from tests.fakes.https_server import Plan, Site
from tools.catalog import signing


class _World:
    """A publisher, a web server with its files, and a client that trusts its root alone."""

    def __init__(self, site: Site, http: Http, folder: Path) -> None:
        self.site, self.http, self.home = site, http, folder / "home"
        self.publisher = Publisher(folder / "owner")
        self.publisher.publish(small_catalog(1000))
        self.upload()

    def upload(self) -> None:
        self.site.files = self.publisher.files()

    def ask(self, addresses: str = "") -> int:
        environ = {"GETMESH_CATALOG_ROOT": str(self.publisher.root_file)}
        data, state = refresh(self.home, addresses or self.site.url(""), environ, self.http)
        editions.keep(self.home, data, state)
        return state.serial

    def stands_at(self) -> int:
        return editions.load(self.home).catalog.serial

    def change(self, path: str, edit: Callable[[dict[str, object]], None]) -> None:
        document = json.loads(self.site.files[path])
        edit(document)
        self.site.files[path] = json.dumps(document).encode()


@pytest.fixture
def world(site: Site, http: Http, tmp_path: Path) -> _World:
    return _World(site, http, tmp_path)


def test_the_newest_edition_arrives_and_is_kept(world: _World) -> None:
    assert world.ask() == 1000
    world.publisher.publish(small_catalog(1001))
    world.upload()
    assert world.ask() == 1001
    edition = editions.load(world.home)
    assert (edition.origin, edition.catalog.serial, edition.warnings) == ("fetched", 1001, ())


def test_a_folder_can_be_the_publisher(world: _World) -> None:
    assert world.ask(world.publisher.repository.as_uri()) == 1000


def test_a_mirror_helps_out_when_the_publisher_is_away(world: _World) -> None:
    assert world.ask(f"https://127.0.0.1:9 {world.site.url('')}") == 1000


def test_a_rotated_root_is_followed_when_the_old_keys_signed_it(world: _World, tmp_path: Path) -> None:
    world.ask()
    after = Publisher(tmp_path / "next")
    old = signing.read_root(world.publisher.repository)
    root = signing.next_root(old, after.signers, world.publisher.signers["root"], 2, world.publisher.now)
    signing.write_root(world.publisher.repository, root)
    world.publisher.signers = after.signers
    world.publisher.publish(small_catalog(1002))
    world.upload()
    assert world.ask() == 1002


def older_edition(world: _World) -> None:
    world.upload()
    before = dict(world.site.files)
    world.publisher.publish(small_catalog(1001))
    world.upload()
    world.ask()
    world.site.files = before


def older_snapshot_under_a_new_timestamp(world: _World) -> None:
    world.publisher.publish(small_catalog(1001))
    world.upload()
    world.ask()
    timestamp = signing.Timestamp(9, expires=world.publisher.now + dt.timedelta(days=1))
    timestamp.snapshot_meta = signing.MetaFile(1)
    metadata = signing.Metadata(timestamp)
    metadata.sign(world.publisher.signers["timestamp"][0])
    world.site.files["/metadata/timestamp.json"] = metadata.to_bytes()


def expired_timestamp(world: _World) -> None:
    world.publisher.renew(world.publisher.now - dt.timedelta(days=signing.TIMESTAMP_DAYS + 1))
    world.upload()


def expired_snapshot(world: _World) -> None:
    past = world.publisher.now - dt.timedelta(days=signing.SNAPSHOT_DAYS + 1)
    world.publisher.publish(small_catalog(1001), past)
    world.publisher.renew(world.publisher.now)
    world.upload()


def mixed_files_of_two_editions(world: _World) -> None:
    first = world.publisher.files()
    world.publisher.publish(small_catalog(1001))
    world.upload()
    world.site.files["/metadata/2.snapshot.json"] = first["/metadata/1.snapshot.json"]


def targets_of_the_other_edition(world: _World) -> None:
    world.publisher.publish(small_catalog(1001))
    world.upload()
    world.site.files["/metadata/1001.targets.json"] = world.site.files["/metadata/1000.targets.json"]


def a_forged_catalog(world: _World) -> None:
    path = next(path for path in world.site.files if path.startswith("/targets/"))
    world.site.files[path] = encode(small_catalog(4000))


def a_forged_catalog_of_the_same_length(world: _World) -> None:
    path = next(path for path in world.site.files if path.startswith("/targets/"))
    world.site.files[path] = world.site.files[path].replace(b"1.30.1", b"1.30.9")


def one_root_signature_of_two(world: _World) -> None:
    old = signing.read_root(world.publisher.repository)
    root = signing.next_root(old, world.publisher.signers, [], 2, world.publisher.now)
    root.signatures = dict(list(root.signatures.items())[:1])
    world.site.files["/metadata/2.root.json"] = root.to_bytes()


def a_root_of_strangers(world: _World) -> None:
    stranger = Publisher(world.home.parent / "stranger")
    root = signing.next_root(
        signing.read_root(world.publisher.repository), stranger.signers, [], 2, world.publisher.now
    )
    world.site.files["/metadata/2.root.json"] = root.to_bytes()


def a_root_signed_twice_by_one_key(world: _World) -> None:
    old = signing.read_root(world.publisher.repository)
    signers = {**world.publisher.signers, "root": [world.publisher.signers["root"][0]] * 2}
    root = signing.next_root(old, signers, [], 2, world.publisher.now)
    world.site.files["/metadata/2.root.json"] = root.to_bytes()


def a_timestamp_signed_by_another_role(world: _World) -> None:
    world.site.files["/metadata/timestamp.json"] = world.publisher.resign(
        "timestamp", "timestamp.json", signer_role="snapshot"
    )


def targets_signed_by_the_timestamp_key(world: _World) -> None:
    name = "1000.targets.json"
    world.site.files[f"/metadata/{name}"] = world.publisher.resign("targets", name, signer_role="timestamp")


def an_unsigned_timestamp(world: _World) -> None:
    world.change("/metadata/timestamp.json", lambda document: document.update(signatures=[]))


def a_changed_expiry(world: _World) -> None:
    def postpone(document: dict[str, object]) -> None:
        document["signed"]["expires"] = "2999-01-01T00:00:00Z"  # type: ignore[index]  # plain JSON

    world.change("/metadata/timestamp.json", postpone)


def another_role_under_the_name(world: _World) -> None:
    world.site.files["/metadata/timestamp.json"] = world.site.files["/metadata/1.snapshot.json"]


def garbage(world: _World) -> None:
    world.site.files["/metadata/timestamp.json"] = b"{" * 1000


def a_web_page(world: _World) -> None:
    world.site.always["/metadata/timestamp.json"] = Plan(headers={"Content-Type": "text/html"}, body=b"<html>")


def endless_metadata(world: _World) -> None:
    world.site.files["/metadata/timestamp.json"] = b" " * 1_000_000


ATTACKS = [
    older_edition,
    older_snapshot_under_a_new_timestamp,
    expired_timestamp,
    expired_snapshot,
    mixed_files_of_two_editions,
    targets_of_the_other_edition,
    a_forged_catalog,
    a_forged_catalog_of_the_same_length,
    one_root_signature_of_two,
    a_root_of_strangers,
    a_root_signed_twice_by_one_key,
    a_timestamp_signed_by_another_role,
    targets_signed_by_the_timestamp_key,
    an_unsigned_timestamp,
    a_changed_expiry,
    another_role_under_the_name,
    garbage,
    a_web_page,
    endless_metadata,
]


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.__name__ for attack in ATTACKS])
def test_hostile_metadata_is_refused_and_changes_nothing(world: _World, attack: Callable[[_World], None]) -> None:
    attack(world)
    before = world.stands_at()
    with pytest.raises((TrustError, NetworkError)):
        world.ask()
    assert world.stands_at() == before


def test_a_frozen_mirror_is_noticed_when_its_timestamp_runs_out(world: _World) -> None:
    world.ask()
    later = world.publisher.now.timestamp() + (signing.TIMESTAMP_DAYS + 1) * 86400
    (warning,) = editions.load(world.home, now=later).warnings
    assert "to be renewed" in warning


def test_a_root_of_another_publisher_trusts_nothing_of_this_one(world: _World, tmp_path: Path) -> None:
    other = Publisher(tmp_path / "other")
    with pytest.raises(TrustError):
        refresh(world.home, world.site.url(""), {"GETMESH_CATALOG_ROOT": str(other.root_file)}, world.http)


def test_the_embedded_catalog_is_signed_and_the_root_needs_two_of_three() -> None:
    root = signing.Metadata[signing.Root].from_bytes(editions.embedded_bytes("root.json")).signed
    assert (root.roles["root"].threshold, len(root.roles["root"].keyids)) == (2, 3)
    targets = signing.Metadata[signing.Targets].from_bytes(editions.embedded_bytes("targets.json"))
    root.verify_delegate("targets", targets.signed_bytes, targets.signatures)
    targets.signed.targets["catalog.json"].verify_length_and_hashes(editions.embedded_bytes("catalog.json"))


def test_nothing_older_than_the_embedded_edition_is_accepted(world: _World, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"root.json": world.publisher.root_file.read_bytes()}
    world.publisher.publish(small_catalog(1005))
    newest = signing.newest_edition(world.publisher.repository)
    files |= {f"{role}.json": newest[role].read_bytes() for role in ("timestamp", "snapshot", "targets", "catalog")}
    monkeypatch.setattr("getmesh.distributions.trust.embedded_bytes", files.__getitem__)
    with pytest.raises(TrustError):
        refresh(world.home, world.site.url(""), {}, world.http)
    world.upload()
    assert refresh(world.home, world.site.url(""), {}, world.http)[1].serial == 1005


def test_an_unreadable_copy_falls_back_to_the_embedded_catalog(tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "current.json").write_bytes(b"{half")
    edition = editions.load(tmp_path)
    assert edition.origin == "embedded"
    assert "embedded catalog is used" in edition.warnings[0]


def test_a_failed_refresh_warns_unless_it_was_asked_for(tmp_path: Path) -> None:
    url = "https://127.0.0.1:9/catalog"
    edition = editions.load_fresh(tmp_path, url, {}, insist=False)
    assert "could not be refreshed" in edition.warnings[0]
    assert editions.load_fresh(tmp_path, url, {}, insist=False).warnings == (), "it is left alone for a while"
    with pytest.raises(NetworkError):
        editions.load_fresh(tmp_path, url, {}, insist=True)
    with pytest.raises(GetmeshError, match="GETMESH_OFFLINE"):
        editions.load_fresh(tmp_path, url, {"GETMESH_OFFLINE": "1"}, insist=True)
    assert editions.load_fresh(tmp_path, url, {"GETMESH_OFFLINE": "1"}, insist=False).warnings == ()


def test_a_publisher_is_asked_once_a_day(world: _World) -> None:
    world.ask()
    now = editions.read_state(world.home).checked
    assert not editions.is_stale(world.home, world.site.url(""), now + 3600)
    assert editions.is_stale(world.home, world.site.url(""), now + editions.FRESH_SECONDS)
    assert editions.is_stale(world.home, "https://elsewhere.example", now)
