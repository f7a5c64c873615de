"""The chain that istiod serves is read from an address or inside of a pod, and every failure is told as a gap."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle
from getmesh.ca.handshake import sign_leaf
from getmesh.ca.keys import load_private
from getmesh.ca.metrics import render
from getmesh.ca.serving import PODS, Served, look_at_istiods, served_chain
from getmesh.ca.status import Status
from getmesh.errors import NetworkError, UsageError
from tests.fakes.authorities import NOW, good_bundle, make
from tests.fakes.pod_streams import DeadEnd, HttpEnd, Listener, TlsEnd
from tests.fakes.secrets_api import SecretsApi

ROOT = make("root", days=3650)
CA = good_bundle("mesh ca", ROOT)
OTHER = good_bundle("other", ROOT)
POD = "/api/v1/namespaces/istio-system/pods/istiod-1"


def identity(bundle: Bundle = CA) -> bytes:
    assert bundle.signer is not None
    chain, key = sign_leaf(bundle.signer, load_private(bundle.key, None, "ca"), NOW)
    return key + chain + bundle.chain


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "chain.pem").write_bytes(identity())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "chain.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)


@pytest.fixture
def api() -> SecretsApi:
    found = SecretsApi()
    metadata = {"name": "istiod-1", "namespace": "istio-system", "labels": {"app": "istiod"}}
    found.put(POD, {"metadata": metadata, "status": {"phase": "Running"}})
    found.listeners["istio-system/istiod-1:15012"] = lambda: TlsEnd(identity())
    return found


def test_the_chain_that_istiod_serves_tells_whether_it_has_read_the_secret(address: str) -> None:
    served = Served(address, tuple(served_chain(address)))
    assert pem.encode(served.chain[1:]) == CA.chain
    assert Status("cacerts", CA, (served,)).serves_current is True
    other = Status("cacerts", OTHER, (served,))
    assert other.serves_current is False
    assert any("has not read" in text for text in other.faults(NOW, None))
    assert Status("", None, (served,)).serves_current is None
    assert 'getmesh_ca_istiods{state="other"} 1' in render(other)


def test_an_istiod_that_is_away_or_no_address_is_said() -> None:
    with pytest.raises(NetworkError):
        served_chain("127.0.0.1:9")
    for ask in (served_chain, lambda text: look_at_istiods(SecretsApi(), "istio-system", text, [])):
        with pytest.raises(UsageError, match="'istiod' is no HOST:PORT"):
            ask("istiod")
    gaps: list[str] = []
    assert look_at_istiods(SecretsApi(), "istio-system", "127.0.0.1:9", gaps) == ()
    assert "istiod at 127.0.0.1:9" in gaps[0]


def test_istiod_is_reached_inside_of_its_pod(api: SecretsApi) -> None:
    gaps: list[str] = []
    (served,) = look_at_istiods(api, "istio-system", PODS, gaps)
    assert served.istiod == "istiod-1"
    assert Status("cacerts", CA, (served,)).serves_current is True
    assert gaps == []
    assert look_at_istiods(api, "istio-system", "none", gaps) == ()
    assert gaps == []


def test_an_istiod_that_is_going_does_not_count(api: SecretsApi) -> None:
    api.objects[POD]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    gaps: list[str] = []
    assert look_at_istiods(api, "istio-system", PODS, gaps) == ()
    assert gaps == ["what istiod serves: none runs in istio-system; for one elsewhere give --istiod HOST:PORT"]


@pytest.mark.parametrize(
    ("listener", "fault", "said"),
    [
        (DeadEnd, "", "connection refused"),
        (lambda: HttpEnd({}), "", "no TLS at port 15012"),
        (None, "403", "get and create on pods/portforward are needed in istio-system"),
        (None, "500", "answered 500"),
        (None, "cut", "cut"),
    ],
)
def test_an_istiod_that_cannot_be_looked_at_is_a_gap(
    api: SecretsApi, listener: Listener | None, fault: str, said: str
) -> None:
    if listener:
        api.listeners["istio-system/istiod-1:15012"] = listener
    api.fault = lambda _method, path: fault if path.endswith("portforward") else ""
    gaps: list[str] = []
    assert look_at_istiods(api, "istio-system", PODS, gaps) == ()
    assert len(gaps) == 1
    assert gaps[0].startswith("what istiod-1 serves: ")
    assert said in gaps[0]


def test_pods_that_may_not_be_listed_are_a_gap(api: SecretsApi) -> None:
    api.fault = lambda _method, path: "403" if path.endswith("pods") else ""
    gaps: list[str] = []
    assert look_at_istiods(api, "istio-system", PODS, gaps) == ()
    assert "what istiod serves" in gaps[0]
