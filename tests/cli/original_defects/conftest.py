"""People who meet what the original getmesh did wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.cluster import FakeApi, served
from tests.fakes.https_server import Authority, Proxy, serve
from tests.fakes.people import ClusterUser, ReleaseUser


@pytest.fixture(scope="session")
def release_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Give the certificate authority of the release hosts."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def release_user(tmp_path: Path, release_authority: Authority) -> Iterator[ReleaseUser]:
    """Give a person with an empty home and a proxy to release hosts that have nothing yet."""
    with serve(release_authority) as site:
        proxy = Proxy(site.port)
        yield ReleaseUser(tmp_path, site, release_authority, proxy)
        proxy.close()


@pytest.fixture
def cluster_user(tmp_path: Path) -> Iterator[ClusterUser]:
    """Give a person with a cluster that runs nothing yet."""
    api = FakeApi()
    person = ClusterUser(tmp_path, api)
    with served(api, person.kubeconfig):
        yield person
