"""Bytes go into pods and come back, and each way in which that can fail is said."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websocket import ABNF

from getmesh.errors import ClusterError
from getmesh.ports.cluster import ClusterRefused
from getmesh.ports.kube import KubeClient, open_kube
from getmesh.ports.kube_stream import PodStream
from getmesh.ports.stream_http import page
from tests.fakes.clock import FakeClock
from tests.fakes.https_server import Authority, Proxy, serve
from tests.fakes.kube_api import KubeApi, serving
from tests.fakes.kube_api import status as answered
from tests.fakes.pod_streams import DeadEnd, HttpEnd
from tests.fakes.secrets_api import SecretsApi, served

LONG = bytes(range(256)) * 400


@pytest.fixture
def api() -> SecretsApi:
    found = SecretsApi("shop")
    found.listeners["shop/cart:15000"] = lambda: HttpEnd({"/stats": b"fine", "/long": LONG})
    found.listeners["shop/dead:15000"] = DeadEnd
    return found


@pytest.fixture
def client(api: SecretsApi, tmp_path: Path) -> Iterator[KubeClient]:
    with served(api, tmp_path / "kubeconfig"):
        yield open_kube(str(tmp_path / "kubeconfig"), None)


def test_a_page_inside_of_a_pod_is_read_through_the_api(client: KubeClient) -> None:
    for path, body in (("/stats", b"fine"), ("/long", LONG)):
        stream = client.forward("shop", "cart", 15000)
        assert page(stream, path, "shop/cart") == body
        stream.close()


def test_a_page_that_is_not_there_is_an_error(client: KubeClient) -> None:
    stream = client.forward("shop", "cart", 15000)
    with pytest.raises(ClusterError, match="shop/cart: it answered 404 to /nothing"):
        page(stream, "/nothing?x=1", "shop/cart")
    stream.close()


class Babble(DeadEnd):
    """A server that speaks something else."""

    def send(self, data: bytes) -> None:
        """Take anything."""

    def receive(self) -> bytes:
        """Greet as mail servers do."""
        return b"220 ready\r\n"


def test_a_server_that_speaks_something_else_is_said() -> None:
    with pytest.raises(ClusterError, match="shop/mail: what answers there speaks no HTTP"):
        page(Babble(), "/stats", "shop/mail")


class Flood(Babble):
    """A page without an end."""

    def __init__(self) -> None:
        self._began = False

    def receive(self) -> bytes:
        """Give a megabyte of it."""
        if self._began:
            return b"x" * (1 << 20)
        self._began = True
        return b"HTTP/1.1 200 OK\r\n\r\n"


def test_a_page_without_an_end_is_not_read_to_the_end() -> None:
    with pytest.raises(ClusterError, match="shop/flood: it answered with more than 64 MiB"):
        page(Flood(), "/stats", "shop/flood")


class Dripping:
    """A WebSocket on which an empty frame comes every second."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def recv_data(self) -> tuple[int, bytes]:
        """Let a second pass."""
        self._clock.sleep(1)
        return ABNF.OPCODE_BINARY, b"\0"


def test_who_answers_drop_by_drop_is_not_waited_for() -> None:
    clock = FakeClock()
    with pytest.raises(ClusterError, match="cart:15000: it took longer than 60 s"):
        PodStream(Dripping(clock), "cart:15000", clock).receive()
    assert 60 <= len(clock.slept) <= 62


def test_what_the_kubelet_says_is_passed_on(client: KubeClient) -> None:
    stream = client.forward("shop", "dead", 15000)
    with pytest.raises(ClusterError, match="dead:15000: error forwarding port: connection refused"):
        page(stream, "/stats", "shop/dead")
    stream.close()


def test_a_missing_right_and_a_missing_pod_are_told_apart(client: KubeClient, api: SecretsApi) -> None:
    with pytest.raises(ClusterRefused, match="answered 404: refused by the test") as caught:
        client.forward("shop", "nobody", 15000)
    assert caught.value.status == 404
    api.fault = lambda _method, path: "403" if path.endswith("portforward") else ""
    with pytest.raises(ClusterRefused, match="pods/cart/portforward") as caught:
        client.forward("shop", "cart", 15000)
    assert caught.value.status == 403


def test_an_api_that_is_away_opens_no_way(api: SecretsApi, tmp_path: Path) -> None:
    with served(api, tmp_path / "kubeconfig"):
        client = open_kube(str(tmp_path / "kubeconfig"), None)
    with pytest.raises(ClusterError, match=r"cart:15000: http://127\.0\.0\.1:\d+ opens no way into the pod"):
        client.forward("shop", "cart", 15000)


def configured(path: Path, server: str, user: dict[str, Any], **cluster: Any) -> KubeClient:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "x",
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(json.dumps(content))
    return open_kube(str(path), None)


def test_a_proxy_of_the_kubeconfig_is_used_whatever_the_environment_says(
    api: SecretsApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with served(api, tmp_path / "direct") as address:
        proxy = Proxy(urlsplit(address).port or 0)
        login = proxy.url.replace("://", "://ann:s3cret@")
        client = configured(tmp_path / "kubeconfig", "http://mesh.test:8001", {}, **{"proxy-url": login})
        stream = client.forward("shop", "cart", 15000)
        assert page(stream, "/stats", "shop/cart") == b"fine"
        stream.close()
        proxy.close()
    assert proxy.asked == ["mesh.test:8001"]


def test_a_proxy_of_the_environment_is_not_asked_where_the_client_does_not_ask_it(
    client: KubeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    client.forward("shop", "cart", 15000).close()


def test_whoever_is_impersonated_reaches_into_the_pod(tmp_path: Path) -> None:
    api = KubeApi([])
    with serving(api, tmp_path / "direct") as address:
        user = {"token": "t0", "as": "ann", "as-groups": ["a", "b"]}
        with pytest.raises(ClusterError):
            configured(tmp_path / "kubeconfig", address, user).forward("shop", "cart", 15000)
    (request,) = api.asked
    assert request.query == {"ports": "15000"}
    assert request.headers["authorization"] == "Bearer t0"
    assert request.headers["impersonate-user"] == "ann"
    assert request.headers["sec-websocket-protocol"] == "v4.channel.k8s.io"


@pytest.mark.parametrize(("code", "hint"), [(302, ""), (401, "log in again")])
def test_no_redirect_is_followed_and_no_credential_sent_twice(tmp_path: Path, code: int, hint: str) -> None:
    api = KubeApi([])
    api.faults.append(lambda _request: answered(code, "", Location="http://127.0.0.1:1/steal"))
    with serving(api, tmp_path / "config"), pytest.raises(ClusterError) as caught:
        open_kube(str(tmp_path / "config"), None).forward("shop", "cart", 15000)
    assert hint in caught.value.hint
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("cluster", "said"),
    [
        ({"certificate-authority": "CA"}, "answered 404"),
        ({"insecure-skip-tls-verify": True}, "answered 404"),
        ({}, "certificate verify failed"),
        ({"certificate-authority": "CA", "tls-server-name": "elsewhere.test"}, "elsewhere.test"),
        ({"certificate-authority": "CA", "proxy-url": "PROXY"}, "answered 404"),
    ],
)
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_the_api_is_trusted_as_far_and_reached_as_in_any_other_request(
    tmp_path: Path, cluster: dict[str, Any], said: str
) -> None:
    authority = Authority(tmp_path)
    with serve(authority) as site:
        proxy = Proxy(site.port)
        real = {"CA": str(authority.ca_file), "PROXY": proxy.url}
        settings = {key: real.get(str(value), value) for key, value in cluster.items()}
        client = configured(tmp_path / "kubeconfig", site.url("").rstrip("/"), {"token": "t0"}, **settings)
        with pytest.raises(ClusterError, match=said):
            client.forward("shop", "cart", 15000)
        proxy.close()
    assert len(site.requests) == ("answered" in said)
    assert proxy.asked == ([f"localhost:{site.port}"] if "proxy-url" in cluster else [])
