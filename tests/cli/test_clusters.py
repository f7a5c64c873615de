"""Several clusters in one call."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.cluster_world import HOSTS, Run, Served, obj, report, route, world
from tests.fakes.kube_api import KubeApi, serving


@pytest.fixture
def api() -> KubeApi:
    """Give the API that holds the world."""
    return KubeApi(world())


@pytest.fixture
def run(api: KubeApi, getmesh: Run, tmp_path: Path) -> Iterator[Served]:
    """Run getmesh against the served world."""
    with serving(api, tmp_path / "kubeconfig"):
        yield Served(api, tmp_path / "kubeconfig", getmesh)


@pytest.fixture
def second(tmp_path: Path) -> Iterator[str]:
    """Serve a second cluster beside the first, in one kubeconfig; give its address."""
    with serving(KubeApi([*world()[:3], route("lost", "pay", "nobody")]), tmp_path / "second") as address:
        yield address


def add_context(path: Path, name: str, address: str) -> None:
    """Add a context to a kubeconfig."""
    content = yaml.safe_load(path.read_text())
    content["clusters"].append({"name": name, "cluster": {"server": address}})
    content["contexts"].append({"name": name, "context": {"cluster": name, "user": "u"}})
    path.write_text(yaml.safe_dump(content))


def test_several_contexts_are_judged_one_by_one(run: Served, second: str, tmp_path: Path) -> None:
    add_context(tmp_path / "kubeconfig", "west", second)
    done = run("config-validate", "--context", "test,west", *HOSTS, "--fail-on", "warning", "-o", "json")
    assert done.returncode == 1
    clusters = report(done)["clusters"]
    assert [one["context"] for one in clusters] == ["test", "west"]
    names = [{finding["object"]["name"] for finding in one["findings"]} for one in clusters]
    assert names == [{"wrong", "across", "broken"}, {"lost"}]
    table = run("config-validate", "--context", "test,west", *HOSTS).stdout
    assert table.index("cluster test") < table.index("wrong") < table.index("cluster west") < table.index("lost")
    assert run("config-validate", "--context", "test,west", "-o", "sarif").returncode == 2


def test_a_cluster_that_is_away_does_not_hide_the_others(run: Served, tmp_path: Path) -> None:
    add_context(tmp_path / "kubeconfig", "gone", "http://127.0.0.1:1")
    done = run("config-validate", "--context", "gone,test", *HOSTS, "-o", "json")
    assert done.returncode == 4
    gone, test = report(done)["clusters"]
    assert "cannot be reached" in gone["error"]
    assert len(test["findings"]) == 3


def remote_secret(name: str, user: dict[str, Any], address: str) -> dict[str, Any]:
    """Give a Secret as istioctl makes it for another cluster."""
    content = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": address}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    data = {name: b64encode(yaml.safe_dump(content).encode()).decode()}
    meta = {"labels": {"istio/multiCluster": "true"}}
    return obj("v1", "Secret", f"istio-remote-secret-{name}", "istio-system", data=data, meta=meta)


def test_remote_secrets_are_followed_on_request_and_never_run_programs(
    run: Served, api: KubeApi, second: str, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    program = {"apiVersion": "client.authentication.k8s.io/v1", "command": "touch", "args": [str(marker)]}
    api.add(remote_secret("west", {"token": "t"}, second))
    api.add(remote_secret("evil", {"exec": program}, second))
    run("config-validate", *HOSTS)
    assert not [path for path in api.paths() if "/secrets/" in path]
    done = run("config-validate", "--follow-remote-secrets", *HOSTS, "-o", "json")
    clusters = {one["context"]: one for one in report(done)["clusters"]}
    assert set(clusters) == {"test", "west", "evil"}
    assert [finding["object"]["name"] for finding in clusters["west"]["findings"]] == ["lost"]
    assert "refused" in clusters["evil"]["error"]
    assert done.returncode == 4
    assert not marker.exists()
