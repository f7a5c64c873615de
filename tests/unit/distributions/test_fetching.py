import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from getmesh.distributions.catalog import Build, Flavor
from getmesh.distributions.fetching import Fetcher, Order, named_by_archive
from getmesh.distributions.names import host_platform
from getmesh.distributions.store import UNVERIFIED, Store
from getmesh.errors import GetmeshError, NetworkError, TrustError, UsageError
from getmesh.ports.http import Http
from tests.fakes.clock import FakeClock
from tests.fakes.https_server import Plan, Site
from tests.fakes.releases import DUMPER, checksum, good, hostile

HERE = host_platform()
BUILD = Build(version="1.31.1", flavor="istio", platforms=(HERE,))
ARCHIVE = good()


class _Desk:
    """A fetcher with two sources on one server, and what it said."""

    def __init__(self, site: Site, http: Http, store: Store) -> None:
        self.site, self.store, self.said = site, store, list[str]()
        sources = tuple(site.url(f"/{name}/{{version}}/{{file}}") for name in ("one", "two"))
        self.order = Order(build=BUILD, flavor=Flavor(name="istio", title="Istio", sources=sources), platform=HERE)
        self.fetcher = Fetcher(store, lambda: http, FakeClock(), lambda *_: None, self.said.append)

    def put(self, source: str, archive: bytes = ARCHIVE, digest: bytes | None = None) -> None:
        path = f"/{source}/1.31.1/{self.order.file}"
        self.site.files[path] = archive
        self.site.files[f"{path}.sha256"] = checksum(archive, self.order.file) if digest is None else digest

    def fetch(self, **changes: Any) -> Any:
        return self.fetcher.fetch(msgspec.structs.replace(self.order, **changes))

    def nothing_is_visible(self) -> bool:
        parts = {path.parent.name for path in self.store.home.rglob("*") if path.is_file()}
        return not self.store.builds() and not self.store.active_name() and parts <= {"locks", "downloads"}


@pytest.fixture
def desk(site: Site, http: Http, store: Store) -> _Desk:
    return _Desk(site, http, store)


def pinned(archive: bytes) -> Build:
    return msgspec.structs.replace(BUILD, digests={HERE: hashlib.sha256(archive).hexdigest()})


def test_a_fetched_build_is_verified_active_and_runs_its_content(desk: _Desk) -> None:
    desk.put("one")
    build = desk.fetch()
    assert build.verified == "published"
    assert desk.store.active_name() == "1.31.1-istio-v0"
    assert desk.store.binary(build).read_bytes() == DUMPER
    assert not list((desk.store.home / "staging").iterdir())
    assert not list((desk.store.home / "downloads").iterdir())


def test_pin_and_published_checksum_are_both_compared(desk: _Desk) -> None:
    desk.put("one")
    assert desk.fetch(build=pinned(ARCHIVE)).verified == "pinned+published"


def test_a_pin_alone_is_enough(desk: _Desk) -> None:
    desk.put("one")
    del desk.site.files[f"/one/1.31.1/{desk.order.file}.sha256"]
    assert desk.fetch(build=pinned(ARCHIVE)).verified == "pinned"


def test_the_second_source_helps_out(desk: _Desk) -> None:
    desk.put("two")
    assert "/two/" in desk.fetch().source


def test_a_page_instead_of_a_checksum_leads_to_the_second_source(desk: _Desk) -> None:
    desk.put("one", digest=b"<html>log in</html>")
    desk.put("two")
    assert "/two/" in desk.fetch().source


def test_no_source_names_all_failures(desk: _Desk) -> None:
    with pytest.raises(NetworkError, match=r"2 tried"):
        desk.fetch(allow_unverified=True)
    assert sum("404" in line for line in desk.said) == 2


@pytest.mark.parametrize("what", ["published", "pinned", "given", "name"])
def test_what_does_not_match_is_refused_and_forgotten(desk: _Desk, what: str) -> None:
    other = good(b"something else")
    desk.put("one")
    changes: dict[str, Any] = {}
    if what == "published":
        desk.put("one", digest=checksum(other, desk.order.file))
    elif what == "pinned":
        changes["build"] = pinned(other)
    elif what == "given":
        changes["digest"] = hashlib.sha256(other).hexdigest()
    else:
        desk.put("one", digest=checksum(ARCHIVE, "istioctl-1.31.0-linux-amd64.tar.gz"))
    with pytest.raises(TrustError):
        desk.fetch(**changes)
    assert desk.nothing_is_visible()
    assert not list((desk.store.home / "downloads").glob("*"))


def test_a_swapped_archive_with_its_own_checksum_does_not_pass_the_pin(desk: _Desk) -> None:
    desk.put("one", good(b"evil"))
    with pytest.raises(TrustError, match="contradict"):
        desk.fetch(build=pinned(ARCHIVE))
    assert desk.nothing_is_visible()


def test_without_any_checksum_a_build_is_refused(desk: _Desk) -> None:
    desk.put("one")
    del desk.site.files[f"/one/1.31.1/{desk.order.file}.sha256"]
    with pytest.raises(TrustError, match="nothing vouches"):
        desk.fetch()
    assert desk.nothing_is_visible()
    assert not desk.site.asked(f"/one/1.31.1/{desk.order.file}")


def test_an_unverified_build_stays_marked(desk: _Desk) -> None:
    desk.put("one")
    del desk.site.files[f"/one/1.31.1/{desk.order.file}.sha256"]
    assert desk.fetch(allow_unverified=True).verified == UNVERIFIED
    desk.put("one")
    assert desk.fetch().verified == UNVERIFIED


@pytest.mark.parametrize(("what", "archive"), [pytest.param(what, data, id=what) for what, data in hostile()])
def test_hostile_archives_leave_nothing_behind_with_a_right_checksum(desk: _Desk, what: str, archive: bytes) -> None:
    desk.put("one", archive)
    desk.put("two", archive)
    with pytest.raises(GetmeshError):
        desk.fetch()
    assert desk.nothing_is_visible(), what


def test_a_truncated_answer_never_becomes_a_build(desk: _Desk) -> None:
    desk.put("one")
    desk.site.always[f"/one/1.31.1/{desk.order.file}"] = Plan(headers={"Content-Length": "50"}, body=ARCHIVE[:50])
    with pytest.raises(TrustError, match="SHA-256"):
        desk.fetch()
    assert desk.nothing_is_visible()


def test_a_build_that_is_there_is_not_fetched_again(desk: _Desk) -> None:
    desk.put("one")
    desk.fetch()
    count = len(desk.site.requests)
    desk.fetch()
    assert len(desk.site.requests) == count


def test_a_damaged_build_is_fetched_again(desk: _Desk) -> None:
    desk.put("one")
    build = desk.fetch()
    path = desk.store.binary(build)
    path.write_bytes(b"half")
    (damaged,) = desk.store.builds()
    assert "4 bytes" in damaged.fault
    desk.fetch()
    assert path.read_bytes() == DUMPER


def test_a_mirror_is_tried_first_and_verified_like_any_source(desk: _Desk) -> None:
    desk.put("mirror/istio")
    desk.put("one")
    assert "/mirror/" in desk.fetch(mirror=desk.site.url("/mirror/istio/")).source


@pytest.mark.parametrize("mirror", ["here", "{x}", "http://localhost", "https://", "https://[", "file:///etc", "//x"])
def test_a_strange_mirror_is_an_error_and_the_next_source_helps(desk: _Desk, mirror: str) -> None:
    desk.put("one")
    assert "/one/" in desk.fetch(mirror=mirror).source
    assert any("https" in line for line in desk.said)


def test_own_addresses_of_a_build_are_used(desk: _Desk) -> None:
    url = desk.site.url(f"/files/{desk.order.file}")
    desk.site.files[f"/files/{desk.order.file}"] = ARCHIVE
    build = msgspec.structs.replace(pinned(ARCHIVE), urls={HERE: url})
    assert desk.fetch(build=build, flavor=Flavor(name="istio", title="")).source == url


def test_retired_hosts_are_never_asked() -> None:
    old = ("https://storage.googleapis.com/istio-release/releases/{version}/{file}",)
    order = Order(build=BUILD, flavor=Flavor(name="istio", title="", sources=old), platform=HERE)
    with pytest.raises(UsageError, match="cannot be downloaded"):
        order.addresses()


def test_a_platform_that_nobody_builds_for_is_refused(desk: _Desk) -> None:
    with pytest.raises(UsageError, match="does not exist for"):
        desk.fetch(platform="windows/amd64")


def test_the_checksum_beside_the_file_counts(desk: _Desk, tmp_path: Path) -> None:
    path = tmp_path / "renamed.tar.gz"
    path.write_bytes(ARCHIVE)
    path.with_name("renamed.tar.gz.sha256").write_bytes(checksum(ARCHIVE, desk.order.file))
    assert desk.fetch(archive=path).verified == "published"
    assert path.exists()


def test_a_checksum_of_another_file_is_refused(desk: _Desk, tmp_path: Path) -> None:
    path = tmp_path / desk.order.file
    path.write_bytes(ARCHIVE)
    path.with_name(f"{path.name}.sha256").write_bytes(checksum(ARCHIVE, "istioctl-1.30.0-linux-amd64.tar.gz"))
    with pytest.raises(TrustError, match="speaks of"):
        desk.fetch(archive=path)
    assert desk.nothing_is_visible()


def test_without_a_checksum_it_is_refused_like_a_download(desk: _Desk, tmp_path: Path) -> None:
    path = tmp_path / desk.order.file
    path.write_bytes(ARCHIVE)
    with pytest.raises(TrustError, match="nothing vouches"):
        desk.fetch(archive=path)
    assert desk.fetch(archive=path, digest=hashlib.sha256(ARCHIVE).hexdigest()).verified == "given"


def test_the_name_says_which_build_it_is() -> None:
    assert named_by_archive(Path("istioctl-1.31.1-linux-arm64.tar.gz")) == ("1.31.1-istio-v0", "linux/arm64")
    assert named_by_archive(Path("istioctl-1.9.0-osx.tar.gz")) == ("1.9.0-istio-v0", "darwin/amd64")
    assert named_by_archive(Path("istioctl-1.31.1-win-amd64.zip")) == ("1.31.1-istio-v0", "windows/amd64")
    named = named_by_archive(Path("istioctl-1.9.0-tetratefips-v1-linux-amd64.tar.gz"))
    assert named == ("1.9.0-tetratefips-v1", "linux/amd64")
    assert named_by_archive(Path("istio-1.31.1-linux-amd64.tar.gz")) is None
