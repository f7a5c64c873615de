"""A real API server gives the findings that the files give, to whoever may read, through whatever the network does."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.worlds import World
from tests.rig.api import grant
from tests.rig.meddler import Break, Meddler, between

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
Found = set[tuple[str, str, str, str, str]]


@pytest.fixture
def meddler(world: World) -> Iterator[Meddler]:
    """Give a proxy in front of the API."""
    with between(world.api) as found:
        yield found


def found(done: subprocess.CompletedProcess[str], namespaces: frozenset[str]) -> Found:
    """Give the findings in these namespaces: code, kind, namespace and name, path, message."""
    report = json.loads(done.stdout)
    objects = [(one, one["object"]) for one in report["findings"] if one["object"]["namespace"] in namespaces]
    return {
        (one["code"], obj["kind"], f"{obj['namespace']}/{obj['name']}", one["path"], one["message"])
        for one, obj in objects
    }


def without_viewers(findings: Found) -> Found:
    """Leave out from which namespaces a fault is seen: a limited user sees from fewer."""
    return {(*finding[:4], finding[4].partition(", seen from")[0]) for finding in findings}


def live(getmesh: Run, kubeconfig: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Validate the cluster, as JSON."""
    return getmesh("config-validate", "-c", str(kubeconfig), "-o", "json", *arguments)


def test_a_cluster_has_the_findings_of_its_files(world: World, getmesh: Run) -> None:
    online = live(getmesh, world.api.kubeconfig())
    offline = getmesh("config-validate", "--offline", str(world.files), "-o", "json")
    assert online.returncode == 1, online.stderr
    assert json.loads(online.stdout)["complete"] is True
    on, off = found(online, world.namespaces), found(offline, world.namespaces)
    assert len(on) > 40
    assert on == off


def test_a_snapshot_has_the_findings_of_the_cluster_and_no_secrets(world: World, getmesh: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "snapshot")
    assert getmesh("snapshot", "save", path, "-c", str(world.api.kubeconfig())).returncode == 0
    again = getmesh("config-validate", "--snapshot", path, "-o", "json")
    assert json.loads(again.stdout)["findings"] == json.loads(live(getmesh, world.api.kubeconfig()).stdout)["findings"]


def test_files_over_the_cluster_show_what_they_break(world: World, getmesh: Run, tmp_path: Path) -> None:
    route = {
        "apiVersion": "networking.istio.io/v1", "kind": "VirtualService",
        "metadata": {"name": "e2e-new", "namespace": "storefront"},
        "spec": {"hosts": ["cart"], "http": [{"route": [{"destination": {"host": "nowhere"}}]}]},
    }  # fmt: skip
    (tmp_path / "new.yaml").write_text(yaml.safe_dump(route))
    done = live(getmesh, world.api.kubeconfig(), str(tmp_path / "new.yaml"))
    assert ("IST0101", "storefront/e2e-new") in {(code, name) for code, _, name, _, _ in found(done, world.namespaces)}
    shown = json.loads(done.stdout)["findings"]
    assert all("e2e-new" in json.dumps(one) or "cart" in json.dumps(one) for one in shown), shown
    everything = live(getmesh, world.api.kubeconfig(), str(tmp_path / "new.yaml"), "--all-findings")
    assert len(json.loads(everything.stdout)["findings"]) > len(shown)


def test_a_user_of_two_namespaces_is_told_nothing_that_an_administrator_is_not(world: World, getmesh: Run) -> None:
    roles = list(yaml.safe_load_all(getmesh("doctor", "--rbac", "-n", "storefront", "-n", "orders").stdout))
    inside = [role for role in roles if role["metadata"].get("namespace") in {"storefront", "orders"}]
    world.api.create(grant("limited", inside))
    spaces = frozenset({"storefront", "orders"})
    limited = live(getmesh, world.api.kubeconfig("limited", "storefront"), "-n", "storefront", "-n", "orders")
    report = json.loads(limited.stdout)
    assert report["complete"] is False
    seen = without_viewers(found(limited, spaces))
    every = without_viewers(found(live(getmesh, world.api.kubeconfig()), spaces))
    assert len(seen) >= 3
    assert seen <= every
    said = getmesh("config-validate", "-c", str(world.api.kubeconfig("limited", "storefront")), "-n", "orders").stderr
    gaps = [line for line in said.splitlines() if line.startswith(("not read", "read in", "assumed"))]
    assert 2 <= len(gaps) <= 4, said
    assert max(map(len, gaps)) < 200


def test_the_roles_that_doctor_prints_let_everything_be_read(world: World, getmesh: Run) -> None:
    roles = list(yaml.safe_load_all(getmesh("doctor", "--rbac").stdout))
    world.api.namespace("istio-system")
    world.api.create(grant("reader", roles))
    done = live(getmesh, world.api.kubeconfig("reader"))
    assert json.loads(done.stdout)["complete"] is True, done.stderr
    assert found(done, world.namespaces) == found(live(getmesh, world.api.kubeconfig()), world.namespaces)


def test_what_an_installation_needs_is_asked_of_the_api_for_whoever_names_the_code(world: World, getmesh: Run) -> None:
    admin = live(getmesh, world.api.kubeconfig(), "--select", "IST0141", "--strict-partial")
    assert (admin.returncode, json.loads(admin.stdout)["findings"]) == (0, [])
    rules = [{"apiGroups": [""], "resources": ["services", "configmaps"], "verbs": ["create", "get", "list"]}]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": rules}
    world.api.namespace("istio-system")
    world.api.create(grant("istiod", [{**role, "metadata": {"name": "installer", "namespace": "istio-system"}}]))
    limited = live(getmesh, world.api.kubeconfig("istiod"), "--select", "IST0141")
    refused = {
        one["message"].partition("create ")[2].partition(":")[0] for one in json.loads(limited.stdout)["findings"]
    }
    assert limited.returncode == 1
    assert {"deployments", "clusterroles", "customresourcedefinitions", "namespaces"} <= refused
    assert not refused & {"services", "configmaps"}


def test_kubernetes_is_judged_on_every_look_and_what_nobody_asked_for_is_no_gap(world: World, getmesh: Run) -> None:
    done = live(getmesh, world.api.kubeconfig(), "--select", "IST014", "--fail-on", "never", "--strict-partial")
    gaps = {gap["code"] for gap in json.loads(done.stdout)["notEvaluated"]}
    assert (done.returncode, gaps) == (0, {"IST0141", "IST0143"})
    old = live(getmesh, world.api.kubeconfig(), "--select", "IST0142", "--istio-version", "1.31")
    assert json.loads(old.stdout)["findings"] == []


def test_somebody_without_rights_is_refused_once_per_kind_at_most(world: World, getmesh: Run, meddler: Meddler) -> None:
    done = live(getmesh, world.api.kubeconfig("nobody", server=meddler.address))
    assert done.returncode == 3
    assert json.loads(done.stdout)["findings"] == []
    paths = [path.partition("?")[0] for path in meddler.asked if "reviews" not in path]
    assert len(paths) == len(set(paths))
    assert len(meddler.asked) < 60


def test_an_unknown_token_is_an_environment_failure(world: World, getmesh: Run, tmp_path: Path) -> None:
    path = tmp_path / "expired"
    path.write_text(world.api.kubeconfig().read_text().replace("token-of-admin", "expired"))
    done = live(getmesh, path)
    assert (done.returncode, done.stdout) == (4, "")
    assert "log in again" in done.stderr


def services(path: str) -> bool:
    """Whether a request lists Services."""
    return path.startswith("/api/v1/services")


FAULTS = {
    "busy": lambda _, path, before: Break(429, "busy", {"Retry-After": "1"}) if services(path) and not before else None,
    "broken": lambda _, path, before: Break(500, "etcd") if services(path) and before < 2 else None,
    "away": lambda _, path, before: Break(503, "away") if not before and "reviews" not in path else None,
    "cut": lambda _, path, before: Break(cut_after=200) if services(path) and not before else None,
    "slow": lambda _, path, before: Break(seconds=0.5) if services(path) and not before else None,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_passes_does_not_change_the_findings(world: World, getmesh: Run, meddler: Meddler, fault: str) -> None:
    meddler.rule = FAULTS[fault]
    done = live(getmesh, world.api.kubeconfig(server=meddler.address))
    assert json.loads(done.stdout)["complete"] is True, done.stderr
    assert found(done, world.namespaces) == found(live(getmesh, world.api.kubeconfig()), world.namespaces)


def test_a_kind_that_is_refused_in_spite_of_the_review_is_a_gap_and_asked_for_once(
    world: World, getmesh: Run, meddler: Meddler
) -> None:
    meddler.rule = lambda _, path, __: Break(403, "no") if services(path) else None
    done = live(getmesh, world.api.kubeconfig(server=meddler.address), "--fail-on", "never", "--strict-partial")
    assert done.returncode == 3
    assert any("Service:" in gap["reason"] for gap in json.loads(done.stdout)["notEvaluated"])
    assert meddler.count("/api/v1/services") == 1


def test_a_cluster_that_goes_away_in_the_middle_is_an_environment_failure(
    world: World, getmesh: Run, meddler: Meddler
) -> None:
    meddler.rule = lambda _, path, __: None if path in {"/version", "/apis"} else Break(cut_after=0)
    done = live(getmesh, world.api.kubeconfig(server=meddler.address))
    assert (done.returncode, done.stdout) == (4, "")
