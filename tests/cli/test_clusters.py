"""Several clusters in one call."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.cluster_world import HOSTS, Run, Served, obj, report, route, world, write
from tests.fakes.kube_api import Answer, KubeApi, serving


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


def with_cart(*ports: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the world with a Service cart that has these ports."""
    others = [one for one in world() if (one["kind"], one["metadata"]["name"]) != ("Service", "cart")]
    return [*others, obj("v1", "Service", "cart", "shop", {"ports": list(ports)})]


@pytest.fixture
def west(tmp_path: Path, run: Served) -> Iterator[KubeApi]:
    """Serve a second cluster in which the Service cart has another port; its context is ``west``."""
    api = KubeApi(with_cart({"name": "http", "port": 8080}))
    with serving(api, tmp_path / "west") as address:
        add_context(run.kubeconfig, "west", address)
        yield api


BOTH = ("config-validate", "--context", "test,west")
CART = ("--select", "IST0170")


def test_services_that_differ_between_clusters_are_found(run: Served, west: KubeApi) -> None:
    done = run(*BOTH, *CART, "-o", "json", "--fail-on", "warning")
    between = report(done)["between"]
    assert done.returncode == 1
    assert [(one["code"], one["object"]["name"], one["path"]) for one in between["findings"]] == [
        ("IST0170", "cart", "spec.ports")
    ]
    found = between["findings"][0]
    assert "clusters test, west" in found["message"]
    assert [one["caption"] for one in found["related"]] == [
        "in cluster test: ClusterIP, http 80 to 80/TCP",
        "in cluster west: ClusterIP, http 8080 to 8080/TCP",
    ]
    assert west.paths("/services")


def test_one_cluster_is_not_compared_and_that_is_said(run: Served, west: KubeApi) -> None:
    alone = report(run("config-validate", *CART, "-o", "json"))
    assert [gap["code"] for gap in alone["notEvaluated"]] == ["IST0170"]
    west.faults.append(lambda _: Answer(200, b"<html>"))
    done = run(*BOTH, *CART, "-o", "json")
    assert done.returncode == 4
    assert report(done)["between"]["notEvaluated"] == alone["notEvaluated"]


def test_a_cluster_whose_services_may_not_be_read_is_left_out(run: Served, west: KubeApi) -> None:
    west.rights = {("*", "namespaces")}
    between = report(run(*BOTH, *CART, "-o", "json"))["between"]
    assert between["findings"] == []
    assert [gap["code"] for gap in between["notEvaluated"]] == ["IST0170"]


def test_files_for_all_clusters_are_compared_as_if_applied(run: Served, west: KubeApi, tmp_path: Path) -> None:
    del west
    files = write(tmp_path, obj("v1", "Service", "cart", "shop", {"ports": [{"name": "http", "port": 80}]}))
    assert report(run(*BOTH, files, *CART, "-o", "json"))["between"]["findings"] == []
    other = write(tmp_path, obj("v1", "Service", "other", "shop", {"ports": [{"name": "http", "port": 80}]}))
    assert report(run(*BOTH, other, *CART, "-o", "json"))["between"]["findings"] == []
    everything = report(run(*BOTH, other, *CART, "-o", "json", "--all-findings"))
    assert [one["object"]["name"] for one in everything["between"]["findings"]] == ["cart"]


def test_snapshots_of_several_clusters_are_judged_and_compared_without_any(
    run: Served, getmesh: Run, west: KubeApi, tmp_path: Path
) -> None:
    del west
    paths = [str(tmp_path / name) for name in ("east.snapshot", "west.snapshot")]
    for context, path in zip(("test", "west"), paths, strict=True):
        run("snapshot", "save", path, "--context", context)
    done = getmesh("config-validate", "--snapshot", ",".join(paths), "-o", "json", GETMESH_OFFLINE="1")
    assert [one["context"] for one in report(done)["clusters"]] == paths
    assert [one["code"] for one in report(done)["between"]["findings"]] == ["IST0170"]
    assert getmesh("discovery", "all", "--snapshot", ",".join(paths)).returncode == 2


@pytest.mark.parametrize("format_", ["table", "yaml", "sarif", "junit", "github", "markdown", "html"])
def test_every_format_shows_each_cluster_and_what_lies_between(run: Served, west: KubeApi, format_: str) -> None:
    del west
    add_context(run.kubeconfig, "gone", "http://127.0.0.1:1")
    done = run("config-validate", "--context", "test,west,gone", "-o", format_)
    assert done.returncode == 4
    for said in ("test", "west", "between", "IST0170", "KIA1101", "test, west"):
        assert said in done.stdout
    assert "cannot be reached" in done.stdout + done.stderr


def test_sarif_has_a_run_for_each_cluster_and_tells_which_could_not_be_read(run: Served, west: KubeApi) -> None:
    del west
    add_context(run.kubeconfig, "gone", "http://127.0.0.1:1")
    runs = report(run("config-validate", "--context", "test,gone,west", "-o", "sarif"))["runs"]
    assert [one["automationDetails"]["id"] for one in runs] == [
        "getmesh/cluster test/", "getmesh/cluster gone/", "getmesh/cluster west/", "getmesh/between clusters/",
    ]  # fmt: skip
    assert [one["invocations"][0]["executionSuccessful"] for one in runs] == [True, False, True, True]
    assert [one["ruleId"] for one in runs[3]["results"]] == ["IST0170"]


def test_names_alone_would_not_tell_the_cluster_and_are_refused(run: Served) -> None:
    done = run(*BOTH, "-o", "name")
    assert done.returncode == 2
    assert "shows one cluster" in done.stderr


def test_findings_of_several_clusters_make_a_baseline(run: Served, west: KubeApi, tmp_path: Path) -> None:
    del west
    path = str(tmp_path / "known.json")
    run(*BOTH, "-o", "json", "--output-file", path)
    again = report(run(*BOTH, "-o", "json", "--baseline", path))
    reports = [*again["clusters"], again["between"]]
    assert [one["findings"] for one in reports] == [[], [], []]
    assert reports[2]["summary"]["baseline"] == 1
