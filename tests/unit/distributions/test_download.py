import random
from pathlib import Path

import pytest

from getmesh.distributions.download import ATTEMPTS, LARGEST_ARCHIVE, Download
from getmesh.errors import NetworkError, TrustError
from getmesh.ports.http import Http
from tests.fakes.clock import FakeClock
from tests.fakes.https_server import Authority, Plan, Proxy, Site
from tests.fakes.releases import good

PATH = "/1.31.1/archive.tar.gz"
BODY = good(random.Random(7).randbytes(200_000))


class _Fixture:
    def __init__(self, site: Site, http: Http, folder: Path) -> None:
        self.site, self.part, self.clock = site, folder / "archive.part", FakeClock()
        self.seen: list[tuple[int, int | None]] = []
        site.files[PATH] = BODY
        self.download = Download(http, self.clock, self.part, lambda done, total: self.seen.append((done, total)))

    def run(self) -> None:
        self.download.run(self.site.url(PATH))


@pytest.fixture
def fixture(site: Site, http: Http, tmp_path: Path) -> _Fixture:
    return _Fixture(site, http, tmp_path)


def test_a_file_arrives_whole_with_progress(fixture: _Fixture) -> None:
    fixture.run()
    assert fixture.part.read_bytes() == BODY
    assert fixture.seen[-1] == (len(BODY), len(BODY))


def test_a_broken_download_is_continued_where_it_broke_off(fixture: _Fixture) -> None:
    fixture.site.plans[PATH] = [Plan(cut=1000)]
    fixture.run()
    assert fixture.part.read_bytes() == BODY
    assert [asked.get("range") for asked in fixture.site.asked(PATH)] == [None, "bytes=1000-"]


def test_a_later_process_continues_too(fixture: _Fixture, http: Http) -> None:
    fixture.site.always[PATH] = Plan(cut=2000)
    with pytest.raises(NetworkError):
        fixture.run()
    have = fixture.part.stat().st_size
    fixture.site.always.clear()
    Download(http, FakeClock(), fixture.part, lambda *_: None).run(fixture.site.url(PATH))
    assert fixture.part.read_bytes() == BODY
    assert fixture.site.asked(PATH)[-1]["range"] == f"bytes={have}-"


def test_another_file_at_the_same_address_is_not_joined_to_the_old_one(fixture: _Fixture) -> None:
    fixture.site.always[PATH] = Plan(cut=2000)
    with pytest.raises(NetworkError):
        fixture.run()
    fixture.site.always.clear()
    other = good(b"another build" * 500)
    fixture.site.files[PATH] = other
    fixture.run()
    assert fixture.part.read_bytes() == other


def test_a_part_longer_than_the_file_starts_anew(fixture: _Fixture) -> None:
    fixture.run()
    fixture.run()
    assert fixture.part.read_bytes() == BODY


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(fixture: _Fixture, status: int) -> None:
    fixture.site.plans[PATH] = [Plan(status), Plan(status)]
    fixture.run()
    assert fixture.part.read_bytes() == BODY
    assert fixture.clock.slept == [0.5, 1.0]


def test_retry_after_is_obeyed(fixture: _Fixture) -> None:
    fixture.site.plans[PATH] = [Plan(429, headers={"Retry-After": "7"}), Plan(503, headers={"Retry-After": "99999"})]
    fixture.run()
    assert fixture.clock.slept == [7.0, 60.0]


def test_patience_ends(fixture: _Fixture) -> None:
    fixture.site.always[PATH] = Plan(503)
    with pytest.raises(NetworkError, match="answered 503"):
        fixture.run()
    assert len(fixture.site.asked(PATH)) == ATTEMPTS


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_reported_as_what_it_is_and_not_repeated(fixture: _Fixture, status: int) -> None:
    fixture.site.always[PATH] = Plan(status)
    with pytest.raises(NetworkError, match=f"answered {status}"):
        fixture.run()
    assert len(fixture.site.asked(PATH)) == 1


def test_a_silent_server_runs_out_of_time(fixture: _Fixture) -> None:
    fixture.site.plans[PATH] = [Plan(pause=1.6)]
    fixture.run()
    assert len(fixture.site.asked(PATH)) == 2


@pytest.mark.parametrize(
    "plan",
    [
        Plan(headers={"Content-Type": "text/html; charset=utf-8"}, body=b"<html>log in</html>"),
        Plan(headers={"Content-Type": "application/gzip"}, body=b"<!DOCTYPE html><html>log in</html>"),
        Plan(body=b""),
    ],
    ids=["says so", "says it is an archive", "empty"],
)
def test_a_web_page_instead_of_an_archive_is_refused(fixture: _Fixture, plan: Plan) -> None:
    fixture.site.always[PATH] = plan
    with pytest.raises(NetworkError, match=r"web page|no archive|empty"):
        fixture.run()


def test_too_much_is_refused_before_it_is_read(fixture: _Fixture) -> None:
    fixture.site.always[PATH] = Plan(headers={"Content-Length": str(LARGEST_ARCHIVE + 1)}, cut=1000)
    with pytest.raises(TrustError, match="more than any archive"):
        fixture.run()


def test_redirects_are_followed_to_https_only(fixture: _Fixture) -> None:
    fixture.site.always["/old"] = Plan(302, headers={"Location": PATH})
    fixture.download.run(fixture.site.url("/old"))
    assert fixture.part.read_bytes() == BODY
    fixture.site.always["/down"] = Plan(302, headers={"Location": "http://127.0.0.1/x"})
    with pytest.raises(NetworkError, match="only https"):
        fixture.download.run(fixture.site.url("/down"))
    fixture.site.always["/odd"] = Plan(302, headers={"Location": "https://["})
    with pytest.raises(NetworkError, match="no address"):
        fixture.download.run(fixture.site.url("/odd"))
    fixture.site.always["/loop"] = Plan(301, headers={"Location": "/loop"})
    with pytest.raises(NetworkError, match="redirects"):
        fixture.download.run(fixture.site.url("/loop"))


def test_a_strange_authority_is_not_trusted(fixture: _Fixture, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = Http({"SSL_CERT_FILE": str(Authority(other).ca_file)}, connect_seconds=2, stall_seconds=2)
    download = Download(stranger, fixture.clock, fixture.part, lambda *_: None)
    with pytest.raises(NetworkError, match="not trusted") as caught:
        download.run(fixture.site.url(PATH))
    assert "SSL_CERT_FILE" in caught.value.hint
    assert fixture.clock.slept == []


def test_nobody_listening_is_said(fixture: _Fixture, http: Http) -> None:
    with pytest.raises(NetworkError, match="refused"):
        Download(http, fixture.clock, fixture.part, fixture.download._progress).run("https://127.0.0.1:9/x")


@pytest.mark.parametrize(("host", "sent"), [("github.com", True), ("localhost", False)])
def test_the_token_goes_to_github_alone(
    site: Site, authority: Authority, monkeypatch: pytest.MonkeyPatch, host: str, sent: bool
) -> None:
    proxy = Proxy(site.port)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "")
    http = Http({"SSL_CERT_FILE": str(authority.ca_file), "GITHUB_TOKEN": "secret"}, connect_seconds=2, stall_seconds=2)
    site.files["/x"] = b"ok"
    with http.get(f"https://{host}/x") as answer:
        assert b"".join(answer.chunks) == b"ok"
    assert ("authorization" in site.asked("/x")[0]) == sent
    assert proxy.asked == [f"{host}:443"]
    assert "secret" not in "".join(proxy.headers)
    proxy.close()


def test_no_proxy_goes_around_the_proxy(site: Site, http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "localhost")
    site.files["/x"] = b"ok"
    with http.get(site.url("/x")) as answer:
        assert b"".join(answer.chunks) == b"ok"


def test_a_dead_proxy_is_named(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with pytest.raises(NetworkError, match="proxy") as caught, http.get("https://github.com/x"):
        pass
    assert "HTTPS_PROXY" in caught.value.hint
