"""Commands against a cluster, through real processes and a real port."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fakes.kube_api import Answer, KubeApi, serving, status

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]

ISTIO = "networking.istio.io/v1"


def obj(api: str, kind: str, name: str, namespace: str = "", spec: Any = None, **more: Any) -> dict[str, Any]:
    """Give an object."""
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("meta", {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **({"spec": spec} if spec is not None else {}), **more}


def route(name: str, namespace: str, host: str, gateway: str = "mesh") -> dict[str, Any]:
    """Give a VirtualService with one destination."""
    http = [{"route": [{"destination": {"host": host}}]}]
    return obj(ISTIO, "VirtualService", name, namespace, {"hosts": [name], "gateways": [gateway], "http": http})


def world() -> list[dict[str, Any]]:
    """Give two namespaces with a broken route each, and one that is fine."""
    labels = {"labels": {"istio-injection": "enabled"}}
    port = {"ports": [{"name": "http", "port": 80}]}
    return [
        obj("v1", "Namespace", "istio-system", meta={"labels": {"istio-injection": "disabled"}}),
        *(obj("v1", "Namespace", name, meta=labels) for name in ("shop", "pay")),
        *(obj("v1", "Service", name, space, port) for name, space in (("cart", "shop"), ("bank", "pay"))),
        route("fine", "shop", "cart"),
        route("wrong", "shop", "crat"),
        route("across", "shop", "bnak.pay.svc.cluster.local"),
        route("broken", "pay", "bnak"),
    ]


@pytest.fixture
def api() -> KubeApi:
    """Give the API that holds the world."""
    return KubeApi(world())


@pytest.fixture
def run(api: KubeApi, getmesh: Run, tmp_path: Path) -> Iterator[Run]:
    """Run getmesh against the served world."""
    with serving(api, tmp_path / "kubeconfig"):

        def call(*arguments: str, **more: Any) -> Done:
            done = getmesh(*arguments, KUBECONFIG=str(tmp_path / "kubeconfig"), **more)
            assert "Traceback" not in done.stderr
            return done

        yield call


def write(folder: Path, *objects: dict[str, Any]) -> str:
    """Write objects into a file; give its name."""
    path = folder / "files.yaml"
    path.write_text(yaml.safe_dump_all(objects))
    return str(path)


def report(done: Done) -> dict[str, Any]:
    """Give the JSON that was printed."""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def seen(done: Done) -> set[tuple[str, str]]:
    """Give (code, namespace/name) of the findings."""
    return {(one["code"], f"{one['object']['namespace']}/{one['object']['name']}") for one in report(done)["findings"]}


HOSTS = ("--select", "KIA1101")
WRONG = ("KIA1101", "shop/wrong")
ACROSS = ("KIA1101", "shop/across")
BROKEN = ("KIA1101", "pay/broken")


def test_a_cluster_gives_the_findings_that_its_objects_give_offline(run: Run, getmesh: Run, tmp_path: Path) -> None:
    live = run("config-validate", "-o", "json")
    offline = getmesh("config-validate", "--offline", write(tmp_path, *world()), "-o", "json")
    assert live.returncode == offline.returncode == 1
    assert {WRONG, ACROSS, BROKEN} <= seen(live)
    assert seen(live) == seen(offline)
    assert (report(live)["mode"], report(live)["complete"]) == ("cluster", True)
    assert report(live)["summary"]["objects"] == len(world())


def test_only_what_the_selected_rules_read_is_asked_for(run: Run, api: KubeApi) -> None:
    run("config-validate", "--select", "IST0109")
    asked = {path.rpartition("/")[2] for path in api.paths()}
    assert asked == {"version", "apis", "selfsubjectaccessreviews", "namespaces", "virtualservices"}


def test_verbose_tells_what_was_asked(run: Run) -> None:
    done = run("config-validate", "--select", "IST0109", "-v")
    assert "/apis/networking.istio.io/v1/virtualservices" in done.stderr
    assert "objects read in" in done.stderr


def test_a_namespace_limits_what_is_reported_and_not_what_is_read(run: Run) -> None:
    assert seen(run("config-validate", *HOSTS, "-n", "shop", "-o", "json")) == {WRONG, ACROSS}


def test_files_are_judged_as_if_applied_and_only_what_they_cause_or_touch_is_shown(run: Run, tmp_path: Path) -> None:
    files = write(tmp_path, route("new", "shop", "craat"), route("fine", "shop", "cart"))
    done = run("config-validate", files, *HOSTS, "-o", "json")
    assert seen(done) == {("KIA1101", "shop/new")}
    assert report(done)["mode"] == "overlay"
    assert report(done)["findings"][0]["file"] == files
    everything = run("config-validate", files, *HOSTS, "-o", "json", "--all-findings")
    assert seen(everything) == {("KIA1101", "shop/new"), WRONG, ACROSS, BROKEN}


def test_files_that_touch_an_object_show_what_stays_wrong_with_it(run: Run, tmp_path: Path) -> None:
    done = run("config-validate", write(tmp_path, route("wrong", "shop", "crat")), *HOSTS, "-o", "json")
    assert seen(done) == {WRONG}


def test_files_that_break_an_object_of_the_cluster_show_that(run: Run, tmp_path: Path) -> None:
    moved = obj(
        "v1", "Service", "cart", "shop", {"ports": [{"name": "http", "port": 80}]},
        meta={"annotations": {"networking.istio.io/exportTo": "~"}},
    )  # fmt: skip
    hidden = seen(run("config-validate", write(tmp_path, moved), "-o", "json"))
    assert ("IST0101", "shop/fine") in hidden or ("KIA1101", "shop/fine") in hidden
    assert BROKEN not in hidden


def test_the_difference_names_what_is_new_fixed_and_unchanged(run: Run, tmp_path: Path) -> None:
    files = write(tmp_path, route("wrong", "shop", "cart"), route("fine", "shop", "craat"))
    done = run("config-validate", files, *HOSTS, "-o", "json", "--diff-against-cluster")
    assert seen(done) == {("KIA1101", "shop/fine")}
    difference = report(done)["difference"]
    assert [one["object"]["name"] for one in difference["fixed"]] == ["wrong"]
    assert len(difference["unchanged"]) == 2
    table = run("config-validate", files, *HOSTS, "--diff-against-cluster")
    assert "1 new, 1 fixed, 2 unchanged" in table.stderr
    assert "fixed: KIA1101 VirtualService shop/wrong" in table.stderr


def test_files_that_only_mend_pass_the_gate(run: Run, tmp_path: Path) -> None:
    done = run("config-validate", write(tmp_path, route("wrong", "shop", "cart")), *HOSTS, "--diff-against-cluster")
    assert done.returncode == 0


def test_a_difference_without_a_cluster_is_bad_usage(getmesh: Run, tmp_path: Path) -> None:
    files = write(tmp_path, route("new", "shop", "cart"))
    done = getmesh("config-validate", "--offline", files, "--diff-against-cluster")
    assert done.returncode == 2


def test_a_user_of_one_namespace_gets_what_is_certain_there_and_learns_what_was_left_out(
    run: Run, api: KubeApi
) -> None:
    api.rights = {("shop", "*")}
    done = run("config-validate", *HOSTS, "--fail-on", "warning", "-o", "json")
    assert done.returncode == 1
    assert seen(done) == {WRONG}  # 'bnak' may exist where nobody may look
    found = report(done)
    assert found["complete"] is False
    assert found["notEvaluated"][0]["evaluatedIn"] == ["shop"]
    table = run("config-validate", *HOSTS)
    assert "read in shop only" in table.stderr
    assert "getmesh doctor --rbac" in table.stderr


def test_a_limited_look_that_finds_nothing_is_not_called_clean(run: Run, api: KubeApi) -> None:
    api.rights = {("shop", "*")}
    assert run("config-validate", "--select", "IST0109").returncode == 3
    assert run("config-validate", "--select", "IST0109", "--fail-on", "never").returncode == 0
    assert run("config-validate", "--select", "IST0109", "--fail-on", "never", "--strict-partial").returncode == 3


def test_somebody_without_rights_gets_few_lines_and_exit_3(run: Run, api: KubeApi) -> None:
    api.rights = set()
    done = run("config-validate")
    assert done.returncode == 3
    assert "not read, for want of rights:" in done.stderr
    assert len(done.stderr.splitlines()) < 12
    lists = [request for request in api.asked if request.method == "GET"]
    assert len(lists) < 12


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        (status(401, "Unauthorized"), 4, "log in again"),
        (Answer(200, b"<html>proxy</html>"), 4, "is that a Kubernetes API"),
        (status(503, "etcd is gone", Retry_After="0"), 4, "503"),
    ],
)
def test_a_cluster_that_cannot_be_read_is_an_environment_failure(
    answer: Answer, code: int, says: str, run: Run, api: KubeApi
) -> None:
    api.faults.append(lambda _: answer)
    done = run("config-validate")
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr


def test_without_any_cluster_the_way_out_is_named(getmesh: Run) -> None:
    done = getmesh("config-validate")
    assert done.returncode == 4
    assert "no cluster is configured" in done.stderr


def test_offline_and_switched_off_open_no_socket(run: Run, api: KubeApi, tmp_path: Path) -> None:
    files = write(tmp_path, route("new", "shop", "cart"))
    run("config-validate", "--offline", files)
    run("config-validate", files, GETMESH_OFFLINE="1")
    assert run("snapshot", "save", "x", GETMESH_OFFLINE="1").returncode == 2
    assert api.asked == []


def test_a_snapshot_gives_the_findings_of_the_cluster_and_needs_it_no_more(
    run: Run, getmesh: Run, tmp_path: Path
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


def test_a_snapshot_of_a_limited_user_says_so_and_stays_limited(run: Run, api: KubeApi, tmp_path: Path) -> None:
    api.rights = {("shop", "*")}
    path = str(tmp_path / "mesh.snapshot")
    saved = run("snapshot", "save", path)
    assert saved.returncode == 3
    assert "read in shop only: " in saved.stderr
    again = run("config-validate", "--snapshot", path, *HOSTS, "-o", "json")
    assert seen(again) == {WRONG}
    assert report(again)["complete"] is False


def test_discovery_of_a_limited_user_says_what_it_lacks(run: Run, api: KubeApi) -> None:
    api.rights = {("shop", "*")}
    done = run("discovery", "clusters", "--proxy", "sidecar", "--namespace", "shop")
    assert "cart.shop.svc.cluster.local" in done.stdout
    assert "Service objects were read in shop only" in done.stderr
    assert done.returncode == 3


def test_a_file_that_is_no_snapshot_is_an_input_error(getmesh: Run, tmp_path: Path) -> None:
    (tmp_path / "no").write_bytes(b"hello")
    done = getmesh("config-validate", "--snapshot", str(tmp_path / "no"))
    assert done.returncode == 2
    assert "is no snapshot" in done.stderr


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


def test_several_contexts_are_judged_one_by_one(run: Run, second: str, tmp_path: Path) -> None:
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


def test_a_cluster_that_is_away_does_not_hide_the_others(run: Run, tmp_path: Path) -> None:
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
    run: Run, api: KubeApi, second: str, tmp_path: Path
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


def test_the_version_of_the_running_control_plane_is_judged_for(run: Run, api: KubeApi) -> None:
    container = {"name": "discovery", "image": "registry.test:5000/istio/pilot:1.28.3-distroless"}
    labels = {"labels": {"app": "istiod"}}
    spec = {"template": {"spec": {"containers": [container]}}}
    api.add(obj("apps/v1", "Deployment", "istiod", "istio-system", spec, meta=labels))
    assert report(run("config-validate", "-o", "json"))["istioVersion"] == "1.28"
    assert report(run("config-validate", "-o", "json", "--istio-version", "1.30"))["istioVersion"] == "1.30"


def test_the_roles_that_doctor_prints_are_enough_and_grant_no_writing(getmesh: Run) -> None:
    done = getmesh("doctor", "--rbac", "-n", "shop")
    found = list(yaml.safe_load_all(done.stdout))
    assert [(one["kind"], one["metadata"].get("namespace")) for one in found] == [
        ("Role", "shop"),
        ("Role", "istio-system"),
        ("ClusterRole", None),
    ]
    verbs = {verb for one in found for rule in one["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list"}
    secrets = [rule for rule in found[0]["rules"] if "secrets" in rule["resources"]]
    assert secrets == [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
