"""What the tests of distributions share: a server with its own authority, an empty store, a small catalog."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from getmesh.distributions.store import Store
from getmesh.ports.http import Http
from tests.fakes.https_server import Authority, Site, serve


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give a certificate authority."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def site(authority: Authority) -> Iterator[Site]:
    """Give a running HTTPS server."""
    with serve(authority) as running:
        yield running


@pytest.fixture
def http(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Http:
    """Give the real network port, trusting the test's authority, with short patience."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return Http({"SSL_CERT_FILE": str(authority.ca_file)}, connect_seconds=2, stall_seconds=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Give a store in a home that does not exist yet."""
    return Store(tmp_path / "home")
