"""The rig takes the programs that it is given, and breaks as real ones break."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from getmesh.ports.kube import KubeClient
from getmesh.ports.kube_access import open_access
from getmesh.sources.cluster import Wish, read_cluster
from tests.rig import api as rig
from tests.rig import store, worlds
from tests.rig.meddler import Break, between
from tests.rig.programs import missing, program

pytestmark = pytest.mark.e2e

SERVICES = 1200


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder as Kubebuilder lays it out, and name it as Kubebuilder does."""
    folder = tmp_path / "assets"
    folder.mkdir()
    for name in ("kube-apiserver", "etcd"):
        built = program(name)
        if built is None:
            pytest.skip(missing(name))
        (folder / name).symlink_to(built)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(folder))
    return folder


def test_programs_of_kubebuilder_are_used_before_our_own(assets: Path, tmp_path: Path) -> None:
    assert program("kube-apiserver") == assets / "kube-apiserver"
    with rig.running(tmp_path) as api:
        running = {Path(f"/proc/{line}/cmdline").read_bytes().split(b"\0")[0] for line in _processes()}
        assert {str(assets / "kube-apiserver").encode(), str(assets / "etcd").encode()} <= running
        assert api.call("GET", "/version")["minor"] == "34"


def _processes() -> list[str]:
    return [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit() and (entry / "cmdline").exists()]


def compact(etcd: str) -> None:
    """Forget all revisions but the newest, as API servers do every five minutes."""
    parts = urlsplit(etcd)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def call(path: str, body: dict[str, object]) -> dict[str, dict[str, str]]:
        connection.request("POST", path, json.dumps(body))
        answer: dict[str, dict[str, str]] = json.loads(connection.getresponse().read())
        return answer

    revision = call("/v3/kv/put", {"key": "eA==", "value": "eA=="})["header"]["revision"]
    call("/v3/kv/compaction", {"revision": revision, "physical": True})
    connection.close()


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[rig.Api]:
    """Give an API that keeps nothing in memory which its store has forgotten."""
    if reason := missing("kube-apiserver", "etcd"):
        pytest.skip(reason)
    with rig.running(tmp_path, "--watch-cache=false") as api:
        yield api


def test_a_list_that_the_store_has_forgotten_in_the_middle_is_begun_again(forgetful: rig.Api) -> None:
    store.write(forgetful.etcd, (obj for obj in worlds.large(SERVICES, 3) if obj["kind"] in {"Namespace", "Service"}))
    forgetful.wait("/api/v1/namespaces/team-2")
    with between(forgetful) as meddler:

        def rule(_: str, path: str, __: int) -> Break | None:
            if "/services?" in path and "continue=" in path and not forgotten:
                forgotten.append(path)
                compact(forgetful.etcd)
            return None

        forgotten: list[str] = []
        meddler.rule = rule
        client = KubeClient(open_access(str(forgetful.kubeconfig(server=meddler.address)), None))
        reading = read_cluster(client, Wish(frozenset({"Service"})))
    names = [obj.full_name for obj in reading.objects if obj.key == "Service"]
    assert forgotten
    assert len(names) == len(set(names)) == SERVICES + 1
    assert meddler.count("/services?") > 3, "the store still had what was asked for"
