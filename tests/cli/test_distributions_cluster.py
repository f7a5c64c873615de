"""Commands against a cluster: a real port, a real kubeconfig, a real program as istioctl."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.cluster import FakeApi, istiod, proxy, served
from tests.fakes.stores import put_build

Done = subprocess.CompletedProcess[str]
PROGRAM = b"""#!/bin/sh
echo "VERSION $*"
printf '%s\\n' "$*" >> "$RECORD"
exit "${ISTIOCTL_EXIT:-0}"
"""
READY = {"metadata": {"name": "istiod"}, "status": {"replicas": 1, "readyReplicas": 1}}


class _User:
    """A person with a cluster, and fetched builds whose program records its calls."""

    def __init__(self, folder: Path, api: FakeApi) -> None:
        self.folder, self.api = folder, api
        self.home = folder / "home"
        self.record = folder / "record"
        self.kubeconfig = folder / "kubeconfig"
        mine = ("GETMESH", "KUBE", "PYTHONDONTWRITEBYTECODE")
        keep = {key: value for key, value in os.environ.items() if not key.startswith(mine)}
        self.environ = keep | {
            "GETMESH_HOME": str(self.home),
            "KUBECONFIG": str(self.kubeconfig),
            "RECORD": str(self.record),
        }

    def run(self, *arguments: str, **environ: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "getmesh", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environ | environ,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode != 70, done.stderr
        return done

    def fetch(self, *versions: str) -> None:
        for version in versions:
            put_build(self.home, f"{version}-istio-v0", PROGRAM.replace(b"VERSION", version.encode()))

    def calls(self) -> list[str]:
        return self.record.read_text().splitlines() if self.record.exists() else []

    def on_a_terminal(self, answer: str, *arguments: str) -> tuple[int, str]:
        master, slave = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "getmesh", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=self.environ,
            cwd=self.folder,
        ) as child:
            os.close(slave)
            os.write(master, f"{answer}\n".encode())
            seen = b""
            while chunk := _read(master):
                seen += chunk
            code = child.wait(timeout=60)
        os.close(master)
        return code, seen.decode()


def _read(master: int) -> bytes:
    try:
        return os.read(master, 4096)
    except OSError:
        return b""


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def user(tmp_path: Path, api: FakeApi) -> Iterator[_User]:
    person = _User(tmp_path, api)
    with served(api, person.kubeconfig):
        yield person


def ready(api: FakeApi, *pods: dict[str, Any]) -> None:
    api.pods = list(pods)
    api.deployments["istio-system"] = [READY]


def test_version_names_control_plane_and_proxies_with_ends_of_life(user: _User) -> None:
    assert "no running Istio pods in istio-system" in user.run("version").stdout
    user.api.pods = [istiod("1.30.5"), proxy("a", "1.30.5"), proxy("b", "1.29.8"), proxy("c", "1.29.8")]
    text = user.run("version").stdout
    assert "control plane version: 1.30.5 (pod istiod-default-1.istio-system, revision default), end of life" in text
    assert "data plane version: 1.29.8 (2 proxies), end of life 2026-10-12" in text
    assert "data plane version: 1.30.5 (1 proxy)" in text
    document = json.loads(user.run("version", "-o", "json").stdout)
    assert document["controlPlane"][0]["version"] == "1.30.5"
    assert [row["proxies"] for row in document["dataPlane"]] == [2, 1]


def test_check_upgrade_speaks_of_what_runs(user: _User) -> None:
    user.api.pods = [istiod("1.31.1"), proxy("a", "1.29.4"), proxy("b", "1.31.1-distroless")]
    done = user.run("check-upgrade", "--fail-on", "skew")
    assert done.returncode == 1
    assert "1.29.4 (Istio; 1 proxy)" in done.stdout
    assert "skew: 1 proxies run 1.29.4, 2 minors behind" in done.stdout


def test_gaps_are_partial_only_where_a_gate_depends_on_them(user: _User) -> None:
    user.api.pods = [istiod("1.31.1"), proxy("a", "1.31.1", namespace="vault")]
    user.api.forbidden = {"/api/v1/pods", "/api/v1/namespaces/vault/pods"}
    assert user.run("check-upgrade").returncode == 0
    done = user.run("check-upgrade", "--fail-on", "skew")
    assert done.returncode == 3
    assert "vault" in done.stderr


def test_the_control_plane_picks_the_matching_build_and_is_remembered(user: _User) -> None:
    user.fetch("1.30.5", "1.31.1")
    user.api.pods = [istiod("1.30.5")]
    assert user.run("istioctl", "proxy-status").stdout == "1.30.5 proxy-status\n"
    asked = len(user.api.asked)
    assert user.run("istioctl", "proxy-status").stdout == "1.30.5 proxy-status\n"
    assert len(user.api.asked) == asked
    assert "control plane" in user.run("which", "--explain").stdout
    assert user.run("istioctl", "proxy-status", GETMESH_OFFLINE="1").stdout == "1.31.1 proxy-status\n"


def test_a_patch_of_the_same_minor_matches_and_another_minor_does_not(user: _User) -> None:
    user.fetch("1.30.4", "1.31.1")
    user.api.pods = [istiod("1.30.5")]
    assert user.run("istioctl", "ps").stdout.startswith("1.30.4")
    user.kubeconfig.write_text(user.kubeconfig.read_text() + "# touched\n")
    user.api.pods = [istiod("1.28.1")]
    assert user.run("istioctl", "ps").stdout.startswith("1.31.1")


def test_a_dead_cluster_only_costs_the_match(user: _User) -> None:
    user.fetch("1.31.1")
    dead = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", user.kubeconfig.read_text())
    user.kubeconfig.write_text(dead)
    assert user.run("istioctl", "ps").stdout == "1.31.1 ps\n"


def test_two_contexts_pick_two_builds_without_a_switch(user: _User, tmp_path: Path) -> None:
    user.fetch("1.30.5", "1.31.1")
    user.api.pods = [istiod("1.30.5")]
    other, config = FakeApi(istiod("1.31.1")), tmp_path / "other"
    with served(other, config, "other"):
        assert user.run("istioctl", "ps", "--kubeconfig", str(config)).stdout.startswith("1.31.1")
        assert user.run("istioctl", "ps").stdout.startswith("1.30.5")


def test_without_a_terminal_and_without_yes_nothing_is_touched(user: _User) -> None:
    user.fetch("1.31.1")
    done = user.run("istioctl", "install", "--set", "profile=demo")
    assert done.returncode == 2
    assert "-y" in done.stderr
    assert user.calls() == []
    assert user.api.asked == []


def test_a_confirmed_install_is_checked_before_and_after(user: _User) -> None:
    user.fetch("1.31.1")
    ready(user.api, istiod("1.31.1"), proxy("old", "1.30.5"))
    done = user.run("istioctl", "install", "--set", "profile=demo", "-y")
    assert done.returncode == 0, done.stderr
    assert user.calls() == ["install --set profile=demo -y"]
    for said in ("Kubernetes 1.33", "supported until", "you may create", "deployments are ready", "old.shop (1.30.5)"):
        assert said in done.stderr


def test_on_a_terminal_the_user_is_asked_once(user: _User) -> None:
    user.fetch("1.31.1")
    ready(user.api, istiod("1.31.1"))
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
def test_what_stops_an_install(user: _User, change: Any, said: str) -> None:
    user.fetch("1.31.1")
    change(user.api)
    done = user.run("istioctl", "install", "-y")
    assert done.returncode == 1
    assert said in done.stderr
    assert user.calls() == []


def test_a_withdrawn_build_is_not_installed(user: _User) -> None:
    user.fetch("1.13.6")
    done = user.run("istioctl", "install", "-y")
    assert done.returncode == 1
    assert "withdrawn by ISTIO-SECURITY-2022-006" in done.stderr
    assert user.calls() == []


def test_upgrade_needs_something_to_upgrade(user: _User) -> None:
    user.fetch("1.31.1")
    done = user.run("istioctl", "upgrade", "-y")
    assert done.returncode == 1
    assert "no control plane in istio-system yet" in done.stderr


def test_an_install_that_did_not_arrive_is_a_failure(user: _User) -> None:
    user.fetch("1.31.1")
    assert user.run("istioctl", "install", "-y").returncode == 1
    ready(user.api, istiod("1.30.5"))
    done = user.run("istioctl", "install", "-y")
    assert done.returncode == 1
    assert "asked for was 1.31.1" in done.stderr


def test_istioctls_own_failure_is_kept(user: _User) -> None:
    user.fetch("1.31.1")
    assert user.run("istioctl", "install", "-y", ISTIOCTL_EXIT="9").returncode == 9


def test_a_dry_run_checks_and_changes_nothing(user: _User) -> None:
    user.fetch("1.31.1")
    done = user.run("istioctl", "install", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert user.calls() == ["install --dry-run"]
    assert "Kubernetes 1.33" in done.stderr


def test_checks_look_at_the_cluster_of_the_arguments(user: _User, tmp_path: Path) -> None:
    user.fetch("1.31.1")
    other, config = FakeApi(kubernetes="1.21"), tmp_path / "other"
    with served(other, config, "other") as address:
        done = user.run("istioctl", "install", "-y", "--kubeconfig", str(config))
        assert address in done.stderr
    assert "Kubernetes 1.21 is older" in done.stderr
    assert user.api.asked == []


def test_the_namespace_and_revision_of_the_arguments_are_checked(user: _User) -> None:
    user.fetch("1.31.1")
    user.api.pods = [istiod("1.31.1", "blue", "mesh"), istiod("1.28.1", "old", "mesh")]
    user.api.deployments["mesh"] = [READY]
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
def test_the_default_hub_is_added_only_where_none_is_named(user: _User, arguments: list[str], sent: str) -> None:
    user.fetch("1.31.1")
    ready(user.api, istiod("1.31.1"))
    (user.folder / "operator.yaml").write_text("spec:\n  hub: own\n")
    assert user.run("default-hub", "--set", "reg.example/istio").returncode == 0
    assert user.run("istioctl", *arguments).returncode == 0
    assert user.calls() == [sent]


def test_the_hub_that_1_30_has_built_in_is_warned_of(user: _User) -> None:
    user.fetch("1.30.5")
    ready(user.api, istiod("1.30.5"))
    done = user.run("istioctl", "install", "-y")
    assert done.returncode == 0, done.stderr
    assert "registry.istio.io/release" in done.stderr
    assert "switched off in December 2026" in done.stderr
