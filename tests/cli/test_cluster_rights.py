"""What somebody gets who may not read everything, and how that is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cli.cluster_world import HOSTS, WRONG, Run, Served, obj, report, seen, world
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


def test_a_user_of_one_namespace_gets_what_is_certain_there_and_learns_what_was_left_out(
    run: Served, api: KubeApi
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


def test_a_limited_look_that_finds_nothing_is_not_called_clean(run: Served, api: KubeApi) -> None:
    api.rights = {("shop", "*")}
    assert run("config-validate", "--select", "IST0109").returncode == 3
    assert run("config-validate", "--select", "IST0109", "--fail-on", "never").returncode == 0
    assert run("config-validate", "--select", "IST0109", "--fail-on", "never", "--strict-partial").returncode == 3


def test_somebody_without_rights_gets_few_lines_and_exit_3(run: Served, api: KubeApi) -> None:
    api.rights = set()
    done = run("config-validate")
    assert done.returncode == 3
    assert "not read, for want of rights:" in done.stderr
    assert len(done.stderr.splitlines()) < 12
    lists = [request for request in api.asked if request.method == "GET"]
    assert len(lists) < 12


def test_each_gap_is_one_short_line_however_many_rules_it_touches(run: Served, api: KubeApi) -> None:
    api.rights = {("shop", "*")}
    said = run("config-validate").stderr.splitlines()
    gaps = [line for line in said if line.startswith(("not read", "read in", "assumed"))]
    assert len(gaps) == 3
    assert max(map(len, gaps)) < 140
    assert "so 15 rules were not evaluated and" in "\n".join(said)


@pytest.mark.parametrize("format_", ["sarif", "junit", "github", "markdown", "html"])
def test_every_format_says_what_could_not_be_looked_at_without_a_flood(run: Served, api: KubeApi, format_: str) -> None:
    whole = run("config-validate", "-o", format_).stdout
    api.rights = {("shop", "*")}
    limited = run("config-validate", "-o", format_).stdout
    assert "read in shop only: " in limited
    assert "read in shop only: " not in whole
    assert limited.count("for want of rights") <= 4


def test_a_snapshot_of_a_limited_user_says_so_and_stays_limited(run: Served, api: KubeApi, tmp_path: Path) -> None:
    api.rights = {("shop", "*")}
    path = str(tmp_path / "mesh.snapshot")
    saved = run("snapshot", "save", path)
    assert saved.returncode == 3
    assert "read in shop only: " in saved.stderr
    again = run("config-validate", "--snapshot", path, *HOSTS, "-o", "json")
    assert seen(again) == {WRONG}
    assert report(again)["complete"] is False


def test_discovery_of_a_limited_user_says_what_it_lacks(run: Served, api: KubeApi) -> None:
    api.rights = {("shop", "*")}
    done = run("discovery", "clusters", "--proxy", "sidecar", "--namespace", "shop")
    assert "cart.shop.svc.cluster.local" in done.stdout
    assert "Service objects were read in shop only" in done.stderr
    assert done.returncode == 3


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


def test_an_old_kubernetes_is_found_wherever_its_version_is_read(run: Served, api: KubeApi, tmp_path: Path) -> None:
    api.kubernetes = "1.20"
    old = ("IST0142", "/cluster")
    assert seen(run("config-validate", "-o", "json")) >= {old}
    path = str(tmp_path / "mesh.snapshot")
    run("snapshot", "save", path)
    assert old in seen(run("config-validate", "--snapshot", path, "-o", "json"))


def test_what_an_installation_needs_is_asked_only_of_those_who_name_the_code(run: Served, api: KubeApi) -> None:
    done = run("config-validate", "--select", "IST014", "--strict-partial", "-o", "json")
    assert done.returncode == 0
    gaps = {gap["code"]: gap["reason"] for gap in report(done)["notEvaluated"]}
    assert "--select names it" in gaps["IST0141"]
    assert "IST0142" not in gaps
    reviews = len(api.paths("/selfsubjectaccessreviews"))
    api.rights = {("*", "namespaces"), ("istio-system", "deployments")}
    api.asked.clear()
    asked = run("config-validate", "--select", "IST0141", "-o", "json")
    assert asked.returncode == 1
    refused = {one["message"].split()[4].rstrip(":") for one in report(asked)["findings"]}
    assert len(api.paths("/selfsubjectaccessreviews")) >= reviews + 10
    assert {"clusterroles", "customresourcedefinitions", "services"} <= refused
    assert not refused & {"namespaces", "deployments"}


def test_an_administrator_may_create_everything(run: Served) -> None:
    done = run("config-validate", "--select", "IST0141", "-o", "json", "--strict-partial")
    assert (done.returncode, report(done)["findings"], report(done)["notEvaluated"]) == (0, [], [])


def test_a_code_of_the_check_before_an_upgrade_is_judged_when_it_is_named(run: Served, api: KubeApi) -> None:
    container = {"name": "discovery", "image": "docker.io/istio/pilot:1.21.3"}
    spec = {"template": {"spec": {"containers": [container]}}}
    api.add(obj("apps/v1", "Deployment", "istiod", "istio-system", spec, meta={"labels": {"app": "istiod"}}))
    api.add(obj("v1", "Service", "zipkin", "istio-system", {"ports": [{"name": "http", "port": 9411}]}))
    assert seen(run("config-validate", "--select", "IST0169", "-o", "json")) == {("IST0169", "istio-system/zipkin")}
    assert "IST0169" not in {code for code, _ in seen(run("config-validate", "-o", "json"))}
