"""The port waits where waiting helps, gives up where it does not, and counts what it asked."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from getmesh.errors import ClusterError
from getmesh.ports.cluster import ClusterRefused
from getmesh.ports.kube import KubeClient
from getmesh.ports.kube_access import open_access
from tests.fakes.clock import FakeClock
from tests.fakes.kube_api import Answer, KubeApi, Request, serving, status

SERVICES = [
    {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s{number}", "namespace": "shop"}}
    for number in range(3)
]
PATH = "/api/v1/services"


class Bench:
    """A served API and a client whose pauses take no time."""

    def __init__(self, kubeconfig: Path, api: KubeApi) -> None:
        self.api, self.clock = api, FakeClock()
        self.client = KubeClient(open_access(str(kubeconfig), None), 30, self.clock)

    def fail(self, *answers: Answer | None) -> None:
        """Give these answers first; None lets the API answer."""
        waiting = list(answers)
        self.api.faults.append(lambda _: waiting.pop(0) if waiting else None)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Give a client of a served API."""
    api = KubeApi(SERVICES)
    with serving(api, tmp_path / "config"):
        yield Bench(tmp_path / "config", api)


def test_a_get_gives_the_body_and_sends_token_and_name(bench: Bench) -> None:
    assert b'"s2"' in bench.client.get(PATH, {"limit": "5"})
    asked = bench.api.asked[0]
    assert (asked.headers["authorization"], asked.query) == ("Bearer secret", {"limit": "5"})
    assert asked.headers["user-agent"].startswith("getmesh/")


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_after_growing_pauses(bench: Bench, code: int) -> None:
    bench.fail(status(code), status(code), status(code))
    assert b'"s2"' in bench.client.get(PATH)
    assert len(bench.api.asked) == 4
    assert len(bench.clock.slept) == 3
    assert bench.clock.slept[2] > bench.clock.slept[0]
    assert sum(bench.clock.slept) < 3


def test_retry_after_is_obeyed(bench: Bench) -> None:
    bench.fail(status(429, "busy", Retry_After="7"))
    bench.client.get(PATH)
    assert bench.clock.slept == [7]


def test_a_server_that_says_when_to_come_back_is_given_more_time(bench: Bench) -> None:
    bench.fail(*[status(504, "caches are filling", Retry_After="1")] * 9)
    assert b'"s2"' in bench.client.get(PATH)
    assert bench.clock.slept == [1] * 9


def test_a_server_that_always_asks_for_patience_is_left_in_the_end(bench: Bench) -> None:
    bench.fail(*[status(429, "busy", Retry_After="1")] * 99)
    with pytest.raises(ClusterRefused, match="busy"):
        bench.client.get(PATH)
    assert len(bench.api.asked) == 12


def test_a_pause_beyond_the_time_that_is_left_is_not_begun(bench: Bench) -> None:
    bench.fail(status(429, "busy", Retry_After="31"))
    with pytest.raises(ClusterRefused, match="busy"):
        bench.client.get(PATH)
    assert bench.clock.slept == []


def test_a_server_that_stays_broken_is_left_alone_after_five_attempts(bench: Bench) -> None:
    bench.fail(*[status(500, "etcd is gone")] * 9)
    with pytest.raises(ClusterRefused, match="etcd is gone") as caught:
        bench.client.get(PATH)
    assert (caught.value.status, len(bench.api.asked)) == (500, 5)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 410])
def test_an_answer_that_will_not_change_is_not_asked_for_again(bench: Bench, code: int) -> None:
    bench.fail(status(code, "no"))
    with pytest.raises(ClusterRefused, match=f"answered {code}: no") as caught:
        bench.client.get(PATH)
    assert (caught.value.status, len(bench.api.asked), bench.clock.slept) == (code, 1, [])


def test_an_expired_credential_is_named_as_such(bench: Bench) -> None:
    bench.api.wants_token = "another"
    with pytest.raises(ClusterRefused) as caught:
        bench.client.get(PATH)
    assert "log in again" in caught.value.hint


@pytest.mark.parametrize("cut", [0, 10])
def test_a_connection_that_is_cut_in_the_middle_is_made_again(bench: Bench, cut: int) -> None:
    bench.fail(Answer(200, b'{"items": [1, 2, 3]}', cut=cut))
    assert b'"s2"' in bench.client.get(PATH)
    assert len(bench.api.asked) == 2


def test_a_connection_that_is_always_cut_is_an_error(bench: Bench) -> None:
    bench.fail(*[Answer(200, b"{}", cut=1)] * 9)
    with pytest.raises(ClusterError, match="cut the connection"):
        bench.client.get(PATH)
    assert len(bench.api.asked) == 5


def test_changes_are_never_repeated(bench: Bench) -> None:
    bench.fail(status(503, "busy"))
    with pytest.raises(ClusterRefused):
        bench.client.send("POST", "/api/v1/namespaces/shop/secrets", b"{}")
    assert [request.method for request in bench.api.asked] == ["POST"]


@pytest.mark.parametrize("cut", [0, 1])
def test_a_change_whose_connection_is_cut_is_an_error_that_says_so_and_is_not_repeated(bench: Bench, cut: int) -> None:
    bench.fail(Answer(201, b"{}", cut=cut))
    with pytest.raises(ClusterError, match="whether the change was made is not known"):
        bench.client.send("POST", "/api/v1/namespaces/shop/secrets", b"{}")
    assert len(bench.api.asked) == 1


def test_where_nobody_listens_nobody_waits(tmp_path: Path) -> None:
    with serving(KubeApi([]), tmp_path / "config"):
        pass
    clock = FakeClock()
    client = KubeClient(open_access(str(tmp_path / "config"), None), 30, clock)
    with pytest.raises(ClusterError, match="cannot be reached"):
        client.get(PATH)
    assert clock.slept == []


def test_a_redirect_is_not_followed_so_no_token_leaves_the_server(bench: Bench) -> None:
    bench.fail(Answer(302, b"", {"Location": "http://127.0.0.1:1/steal"}))
    with pytest.raises(ClusterRefused, match="answered 302"):
        bench.client.get(PATH)
    assert len(bench.api.asked) == 1


def test_impersonation_is_sent(tmp_path: Path) -> None:
    api = KubeApi(SERVICES)
    with serving(api, tmp_path / "config"):
        text = (tmp_path / "config").read_text().replace("token: secret", "token: secret, as: ann, as-groups: [a, b]")
        (tmp_path / "config").write_text(text)
        KubeClient(open_access(str(tmp_path / "config"), None)).get(PATH)
    assert api.asked[0].headers["impersonate-user"] == "ann"
    assert api.asked[0].headers["impersonate-group"] in {"a, b", "b"}


def test_packed_answers_are_unpacked_and_counted_as_received(bench: Bench, tmp_path: Path) -> None:
    text = (tmp_path / "config").read_text().replace("127.0.0.1", "127.1")
    (tmp_path / "config").write_text(text)
    plain = bench.client.get(PATH)
    bench.api.faults.append(lambda _: Answer(200, plain * 50))
    packing = KubeClient(open_access(str(tmp_path / "config"), None))
    assert packing.get(PATH) == plain * 50
    assert bench.api.asked[-1].headers["accept-encoding"] == "gzip"
    assert packing.tally.rows[PATH][2] < len(plain) * 10


def test_requests_retries_bytes_and_seconds_are_told_per_path(bench: Bench) -> None:
    bench.fail(status(503))
    body = bench.client.get(PATH, {"limit": "1"})
    requests, retries, size, seconds = bench.client.tally.rows[PATH]
    assert (requests, retries, seconds) == (2, 1, 0)
    assert size >= len(body)


def test_a_slow_server_is_given_up_when_the_time_is_over(tmp_path: Path) -> None:
    hold = Event()

    def slow(request: Request) -> None:
        del request
        hold.wait(5)

    api = KubeApi(SERVICES)
    api.faults.append(slow)
    with serving(api, tmp_path / "config"):
        client = KubeClient(open_access(str(tmp_path / "config"), None))
        with pytest.raises(ClusterError, match="gave no answer"):
            client.get(PATH, seconds=0.2)
        hold.set()
