"""Installing Istio through getmesh: checked before, asked once, checked afterwards."""

from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from tests.fakes.cluster import FakeApi, deployment, istiod, proxy, ready, served
from tests.fakes.people import ClusterUser


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def user(tmp_path: Path, api: FakeApi) -> Iterator[ClusterUser]:
    person = ClusterUser(tmp_path, api)
    with served(api, person.kubeconfig):
        yield person


def running(api: FakeApi, *pods: dict[str, Any]) -> None:
    api.pods = list(pods)
    api.deployments["istio-system"] = [ready()]


def test_without_a_terminal_and_without_yes_nothing_is_touched(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    done = user.run("istioctl", "install", "--set", "profile=demo")
    assert done.returncode == 2
    assert "-y" in done.stderr
    assert user.calls() == []
    assert user.api.asked == []


def test_a_confirmed_install_is_checked_before_and_after(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    running(user.api, istiod("1.31.1"), proxy("old", "1.30.5"))
    done = user.run("istioctl", "install", "--set", "profile=demo", "-y")
    assert done.returncode == 0, done.stderr
    assert user.calls() == ["install --set profile=demo -y"]
    for said in (
        "Kubernetes 1.33",
        "supported until",
        "you may do everything",
        "deployments are ready",
        "old.shop (1.30.5)",
    ):
        assert said in done.stderr


def test_on_a_terminal_the_user_is_asked_once(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    running(user.api, istiod("1.31.1"))
    code, text = user.on_a_terminal("n", "istioctl", "install")
    assert code == 130
    assert "Go on?" in text
    assert user.calls() == []
    code, text = user.on_a_terminal("y", "istioctl", "install")
    assert code == 0, text
    assert user.calls() == ["install --skip-confirmation"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda api: setattr(api, "kubernetes", "1.20"), "Kubernetes 1.20 is older"),
        (lambda api: api.denied.add("clusterroles"), "you may not create clusterroles"),
        (lambda api: api.pods.append(istiod("1.28.1")), "3 minors at once"),
    ],
)
def test_what_stops_an_install(user: ClusterUser, change: Any, said: str) -> None:
    user.fetch("1.31.1")
    change(user.api)
    done = user.run("istioctl", "install", "-y")
    assert done.returncode == 1
    assert said in done.stderr
    assert user.calls() == []


def test_a_withdrawn_build_is_not_installed(user: ClusterUser) -> None:
    user.fetch("1.13.6")
    done = user.run("istioctl", "install", "-y")
    assert done.returncode == 1
    assert "withdrawn by ISTIO-SECURITY-2022-006" in done.stderr
    assert user.calls() == []


def test_upgrade_needs_something_to_upgrade(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    done = user.run("istioctl", "upgrade", "-y")
    assert done.returncode == 1
    assert "no control plane in istio-system yet" in done.stderr


def test_an_install_that_did_not_arrive_is_a_failure(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    assert user.run("istioctl", "install", "-y").returncode == 1
    running(user.api, istiod("1.30.5"))
    done = user.run("istioctl", "install", "-y")
    assert done.returncode == 1
    assert "asked for was 1.31.1" in done.stderr


def test_a_control_plane_that_takes_a_while_is_waited_for(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    running(user.api, istiod("1.31.1"))
    user.api.deployments["istio-system"] = [deployment("istiod", replicas=1, updatedReplicas=1)]
    timer = Timer(3, lambda: running(user.api, istiod("1.31.1")))
    timer.start()
    done = user.run("istioctl", "install", "-y")
    timer.join()
    assert done.returncode == 0, done.stderr
    assert "waiting for the control plane: istiod: 0 of 1 available" in done.stderr
    assert "control plane deployments are ready" in done.stderr
    user.api.deployments["istio-system"] = [deployment("istiod", replicas=1, updatedReplicas=1)]
    done = user.run("istioctl", "install", "-y", "--readiness-timeout", "1s")
    assert done.returncode == 1
    assert "not ready after 1 seconds" in done.stderr


def test_istioctls_own_failure_is_kept(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    assert user.run("istioctl", "install", "-y", ISTIOCTL_EXIT="9").returncode == 9


def test_a_dry_run_checks_and_changes_nothing(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    done = user.run("istioctl", "install", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert user.calls() == ["install --dry-run"]
    assert "Kubernetes 1.33" in done.stderr


def test_checks_look_at_the_cluster_of_the_arguments(user: ClusterUser, tmp_path: Path) -> None:
    user.fetch("1.31.1")
    other, config = FakeApi(kubernetes="1.21"), tmp_path / "other"
    with served(other, config, "other") as address:
        done = user.run("istioctl", "install", "-y", "--kubeconfig", str(config))
        assert address in done.stderr
    assert "Kubernetes 1.21 is older" in done.stderr
    assert user.api.asked == []


def test_the_namespace_and_revision_of_the_arguments_are_checked(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    user.api.pods = [istiod("1.31.1", "blue", "mesh"), istiod("1.28.1", "old", "mesh")]
    user.api.deployments["mesh"] = [ready("istiod-blue", "blue")]
    done = user.run("istioctl", "install", "-y", "-i", "mesh", "--revision", "blue")
    assert done.returncode == 0, done.stderr
    assert "revision old; stays beside the new one" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["install", "-y"], "install -y --set hub=reg.example/istio"),
        (["install", "-y", "--set", "hub=own"], "install -y --set hub=own"),
        (["install", "-y", "--set=values.global.hub=own"], "install -y --set=values.global.hub=own"),
        (["install", "-y", "-f", "operator.yaml"], "install -y -f operator.yaml"),
        (["manifest", "generate"], "manifest generate --set hub=reg.example/istio"),
        (["manifest", "diff", "a", "b"], "manifest diff a b"),
        (["-n", "install", "version"], "-n install version"),
        (["analyze", "install"], "analyze install"),
        (["install", "--help"], "install --help"),
    ],
)
def test_the_default_hub_is_added_only_where_none_is_named(user: ClusterUser, arguments: list[str], sent: str) -> None:
    user.fetch("1.31.1")
    running(user.api, istiod("1.31.1"))
    (user.folder / "operator.yaml").write_text("spec:\n  hub: own\n")
    assert user.run("default-hub", "--set", "reg.example/istio").returncode == 0
    assert user.run("istioctl", *arguments).returncode == 0
    assert user.calls() == [sent]


def test_the_hub_that_1_30_has_built_in_is_warned_of(user: ClusterUser) -> None:
    user.fetch("1.30.5")
    running(user.api, istiod("1.30.5"))
    done = user.run("istioctl", "install", "-y")
    assert done.returncode == 0, done.stderr
    assert "registry.istio.io/release" in done.stderr
    assert "switched off in December 2026" in done.stderr
