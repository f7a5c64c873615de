"""Commands against a cluster, through real processes and a real port."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.cluster_world import ACROSS, BROKEN, HOSTS, WRONG, Run, Served, obj, report, route, seen, world, write
from tests.fakes.kube_api import Answer, KubeApi, serving, status


@pytest.fixture
def api() -> KubeApi:
    """Give the API that holds the world."""
    return KubeApi(world())


@pytest.fixture
def run(api: KubeApi, getmesh: Run, tmp_path: Path) -> Iterator[Served]:
    """Run getmesh against the served world."""
    with serving(api, tmp_path / "kubeconfig"):
        yield Served(api, tmp_path / "kubeconfig", getmesh)


def test_a_cluster_gives_the_findings_that_its_objects_give_offline(run: Served, getmesh: Run, tmp_path: Path) -> None:
    live = run("config-validate", "-o", "json")
    offline = getmesh("config-validate", "--offline", write(tmp_path, *world()), "-o", "json")
    assert live.returncode == offline.returncode == 1
    assert {WRONG, ACROSS, BROKEN} <= seen(live)
    assert seen(live) == seen(offline)
    assert (report(live)["mode"], report(live)["complete"]) == ("cluster", True)
    assert report(live)["summary"]["objects"] == len(world())


def test_only_what_the_selected_rules_read_is_asked_for(run: Served, api: KubeApi) -> None:
    run("config-validate", "--select", "IST0109")
    asked = {path.rpartition("/")[2] for path in api.paths()}
    assert asked == {"version", "apis", "selfsubjectaccessreviews", "namespaces", "virtualservices", "deployments"}
    control_planes = [request.query for request in api.asked if request.path.endswith("/deployments")]
    assert control_planes == [{"limit": "500", "labelSelector": "app=istiod"}]


def test_verbose_tells_what_was_asked(run: Served) -> None:
    done = run("config-validate", "--select", "IST0109", "-v")
    assert "/apis/networking.istio.io/v1/virtualservices" in done.stderr
    assert "objects read in" in done.stderr


def test_a_namespace_limits_what_is_reported_and_not_what_is_read(run: Served) -> None:
    assert seen(run("config-validate", *HOSTS, "-n", "shop", "-o", "json")) == {WRONG, ACROSS}


def test_files_are_judged_as_if_applied_and_only_what_they_cause_or_touch_is_shown(run: Served, tmp_path: Path) -> None:
    files = write(tmp_path, route("new", "shop", "craat"), route("fine", "shop", "cart"))
    done = run("config-validate", files, *HOSTS, "-o", "json")
    assert seen(done) == {("KIA1101", "shop/new")}
    assert report(done)["mode"] == "overlay"
    assert report(done)["findings"][0]["file"] == files
    everything = run("config-validate", files, *HOSTS, "-o", "json", "--all-findings")
    assert seen(everything) == {("KIA1101", "shop/new"), WRONG, ACROSS, BROKEN}


def test_files_without_a_namespace_go_where_kubectl_would_put_them(run: Served, tmp_path: Path) -> None:
    stray = route("fine", "", "craat")
    assert "namespace" not in stray["metadata"]
    done = run("config-validate", write(tmp_path, stray), *HOSTS, "-o", "json", "--diff-against-cluster")
    assert seen(done) == {("KIA1101", "shop/fine")}, "the context's namespace is shop"
    assert report(done)["findings"][0]["line"] > 0


def test_files_that_touch_an_object_show_what_stays_wrong_with_it(run: Served, tmp_path: Path) -> None:
    done = run("config-validate", write(tmp_path, route("wrong", "shop", "crat")), *HOSTS, "-o", "json")
    assert seen(done) == {WRONG}


def test_files_that_break_an_object_of_the_cluster_show_that(run: Served, tmp_path: Path) -> None:
    moved = obj(
        "v1", "Service", "cart", "shop", {"ports": [{"name": "http", "port": 80}]},
        meta={"annotations": {"networking.istio.io/exportTo": "~"}},
    )  # fmt: skip
    hidden = seen(run("config-validate", write(tmp_path, moved), "-o", "json"))
    assert ("IST0101", "shop/fine") in hidden or ("KIA1101", "shop/fine") in hidden
    assert BROKEN not in hidden


def test_the_difference_names_what_is_new_fixed_and_unchanged(run: Served, tmp_path: Path) -> None:
    files = write(tmp_path, route("wrong", "shop", "cart"), route("fine", "shop", "craat"))
    done = run("config-validate", files, *HOSTS, "-o", "json", "--diff-against-cluster")
    assert seen(done) == {("KIA1101", "shop/fine")}
    difference = report(done)["difference"]
    assert [one["object"]["name"] for one in difference["fixed"]] == ["wrong"]
    assert len(difference["unchanged"]) == 2
    table = run("config-validate", files, *HOSTS, "--diff-against-cluster")
    assert "1 new, 1 fixed, 2 unchanged" in table.stderr
    assert "fixed: KIA1101 VirtualService shop/wrong" in table.stderr


def test_files_that_only_mend_pass_the_gate(run: Served, tmp_path: Path) -> None:
    done = run("config-validate", write(tmp_path, route("wrong", "shop", "cart")), *HOSTS, "--diff-against-cluster")
    assert done.returncode == 0


def test_a_difference_without_a_cluster_is_bad_usage(getmesh: Run, tmp_path: Path) -> None:
    files = write(tmp_path, route("new", "shop", "cart"))
    done = getmesh("config-validate", "--offline", files, "--diff-against-cluster")
    assert done.returncode == 2


def test_the_version_of_the_running_control_plane_is_judged_for(run: Served, api: KubeApi) -> None:
    container = {"name": "discovery", "image": "registry.test:5000/istio/pilot:1.28.3-distroless"}
    labels = {"labels": {"app": "istiod"}}
    spec = {"template": {"spec": {"containers": [container]}}}
    api.add(obj("apps/v1", "Deployment", "istiod", "istio-system", spec, meta=labels))
    assert report(run("config-validate", "-o", "json"))["istioVersion"] == "1.28"
    assert report(run("config-validate", "--select", "IST0109", "-o", "json"))["istioVersion"] == "1.28"
    assert report(run("config-validate", "-o", "json", "--istio-version", "1.30"))["istioVersion"] == "1.30"


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        (status(401, "Unauthorized"), 4, "log in again"),
        (Answer(200, b"<html>proxy</html>"), 4, "is that a Kubernetes API"),
        (status(503, "etcd is gone", Retry_After="0"), 4, "503"),
    ],
)
def test_a_cluster_that_cannot_be_read_is_an_environment_failure(
    answer: Answer, code: int, says: str, run: Served, api: KubeApi
) -> None:
    api.faults.append(lambda _: answer)
    done = run("config-validate")
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr


def test_without_any_cluster_the_way_out_is_named(getmesh: Run) -> None:
    done = getmesh("config-validate")
    assert done.returncode == 4
    assert "no cluster is configured" in done.stderr


def test_offline_and_switched_off_open_no_socket(run: Served, api: KubeApi, tmp_path: Path) -> None:
    files = write(tmp_path, route("new", "shop", "cart"))
    run("config-validate", "--offline", files)
    run("config-validate", files, GETMESH_OFFLINE="1")
    assert run("snapshot", "save", "x", GETMESH_OFFLINE="1").returncode == 2
    assert api.asked == []


def test_a_snapshot_gives_the_findings_of_the_cluster_and_needs_it_no_more(
    run: Served, getmesh: Run, tmp_path: Path
) -> None:
    path = str(tmp_path / "mesh.snapshot")
    saved = run("snapshot", "save", path)
    assert saved.returncode == 0
    assert (tmp_path / "mesh.snapshot").stat().st_mode & 0o777 == 0o600
    live = report(run("config-validate", "-o", "json"))
    again = report(getmesh("config-validate", "--snapshot", path, "-o", "json"))
    assert again["findings"] == live["findings"]
    assert again["mode"] == "snapshot"
    files = write(tmp_path, route("new", "shop", "craat"))
    over = getmesh("config-validate", files, "--snapshot", path, *HOSTS, "-o", "json")
    assert seen(over) == {("KIA1101", "shop/new")}
    discovery = getmesh("discovery", "clusters", "--proxy", "sidecar", "--namespace", "shop", "--snapshot", path)
    assert "cart.shop.svc.cluster.local" in discovery.stdout


def test_a_file_that_is_no_snapshot_is_an_input_error(getmesh: Run, tmp_path: Path) -> None:
    (tmp_path / "no").write_bytes(b"hello")
    done = getmesh("config-validate", "--snapshot", str(tmp_path / "no"))
    assert done.returncode == 2
    assert "is no snapshot" in done.stderr
