"""Commands that read a cluster: a real port, a real kubeconfig, a real program as istioctl."""

import gzip
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.cluster import FakeApi, istiod, proxy, served
from tests.fakes.commands import LEFT, put_command
from tests.fakes.people import ClusterUser


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def user(tmp_path: Path, api: FakeApi) -> Iterator[ClusterUser]:
    person = ClusterUser(tmp_path, api)
    with served(api, person.kubeconfig):
        yield person


def test_version_names_control_plane_and_proxies_with_ends_of_life(user: ClusterUser) -> None:
    assert "no running Istio pods in istio-system" in user.run("version").stdout
    user.api.pods = [istiod("1.30.5"), proxy("a", "1.30.5"), proxy("b", "1.29.8"), proxy("c", "1.29.8")]
    text = user.run("version").stdout
    assert "control plane version: 1.30.5 (pod istiod-default-1.istio-system, revision default), end of life" in text
    assert "data plane version: 1.29.8 (2 proxies), end of life 2026-10-12" in text
    assert "data plane version: 1.30.5 (1 proxy)" in text
    document = json.loads(user.run("version", "-o", "json").stdout)
    assert document["controlPlane"][0]["version"] == "1.30.5"
    assert [row["proxies"] for row in document["dataPlane"]] == [2, 1]


def test_check_upgrade_speaks_of_what_runs(user: ClusterUser) -> None:
    user.api.pods = [istiod("1.31.1"), proxy("a", "1.29.4"), proxy("b", "1.31.1-distroless")]
    done = user.run("check-upgrade", "--fail-on", "skew")
    assert done.returncode == 1
    assert "1.29.4 (Istio; 1 proxy)" in done.stdout
    assert "skew: 1 proxy runs 1.29.4, 2 minors behind" in done.stdout


def test_gaps_are_partial_only_where_a_gate_depends_on_them(user: ClusterUser) -> None:
    user.api.pods = [istiod("1.31.1"), proxy("a", "1.31.1", namespace="vault")]
    user.api.forbidden = {"/api/v1/pods", "/api/v1/namespaces/vault/pods"}
    assert user.run("check-upgrade").returncode == 0
    done = user.run("check-upgrade", "--fail-on", "skew")
    assert done.returncode == 3
    assert "vault" in done.stderr


def test_a_snapshot_takes_the_place_of_a_cluster(user: ClusterUser) -> None:
    path = user.folder / "snapshot.json.gz"
    header = {"schema": "getmesh/snapshot/v1", "kubernetes": [1, 33], "objects": 2}
    pods = [{"apiVersion": "v1", "kind": "Pod", **pod} for pod in (istiod("1.30.5"), proxy("a", "1.29.4"))]
    path.write_bytes(gzip.compress("\n".join(json.dumps(line) for line in (header, *pods)).encode() + b"\n"))
    text = user.run("version", "--snapshot", str(path)).stdout
    assert "control plane version: 1.30.5" in text
    assert "data plane version: 1.29.4 (1 proxy)" in text
    assert "1.29.4 (Istio; 1 proxy)" in user.run("check-upgrade", "--snapshot", str(path)).stdout
    assert user.run("version", "--snapshot", "nowhere").returncode == 2
    assert user.run("version", "--snapshot", str(path), "--context", "x").returncode == 2
    assert user.api.asked == []


def test_the_control_plane_picks_the_matching_build_and_is_remembered(user: ClusterUser) -> None:
    user.fetch("1.30.5", "1.31.1")
    user.api.pods = [istiod("1.30.5")]
    assert user.run("istioctl", "proxy-status").stdout == "1.30.5 proxy-status\n"
    asked = len(user.api.asked)
    assert user.run("istioctl", "proxy-status").stdout == "1.30.5 proxy-status\n"
    assert len(user.api.asked) == asked
    assert "control plane" in user.run("which", "--explain").stdout
    assert user.run("istioctl", "proxy-status", GETMESH_OFFLINE="1").stdout == "1.31.1 proxy-status\n"


def test_a_patch_of_the_same_minor_matches_and_another_minor_does_not(user: ClusterUser) -> None:
    user.fetch("1.30.4", "1.31.1")
    user.api.pods = [istiod("1.30.5")]
    assert user.run("istioctl", "ps").stdout.startswith("1.30.4")
    user.kubeconfig.write_text(user.kubeconfig.read_text() + "# touched\n")
    user.api.pods = [istiod("1.28.1")]
    assert user.run("istioctl", "ps").stdout.startswith("1.31.1")


def test_a_dead_cluster_only_costs_the_match(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    dead = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", user.kubeconfig.read_text())
    user.kubeconfig.write_text(dead)
    assert user.run("istioctl", "ps").stdout == "1.31.1 ps\n"


def test_a_credential_program_that_hangs_only_costs_the_match(user: ClusterUser) -> None:
    user.fetch("1.31.1")
    program = (
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: sleep, args: ['60'], interactiveMode: Never}"
    )
    user.kubeconfig.write_text(user.kubeconfig.read_text().replace("token: secret", program))
    begun = time.monotonic()
    assert user.run("istioctl", "ps").stdout == "1.31.1 ps\n"
    assert time.monotonic() - begun < 30
    assert "no answer" in user.run("which", "--explain", GETMESH_HOME=str(user.home)).stdout


def test_two_contexts_pick_two_builds_without_a_switch(user: ClusterUser, tmp_path: Path) -> None:
    user.fetch("1.30.5", "1.31.1")
    user.api.pods = [istiod("1.30.5")]
    other, config = FakeApi(istiod("1.31.1")), tmp_path / "other"
    with served(other, config, "other"):
        assert user.run("istioctl", "ps", "--kubeconfig", str(config)).stdout.startswith("1.31.1")
        assert user.run("istioctl", "ps").stdout.startswith("1.30.5")


def test_the_command_takes_what_was_resolved_for_the_same_kubeconfig(user: ClusterUser) -> None:
    user.fetch("1.30.5", "1.31.1")
    user.api.pods = [istiod("1.30.5")]
    user.age_kubeconfig()
    assert user.run("istioctl", "ps").stdout == "1.30.5 ps\n"
    command = put_command(user.folder / "bin", whole=False)

    def launch(*arguments: str, **environ: str) -> tuple[int, str]:
        done = subprocess.run(
            [command, *arguments], env=user.environ | environ, cwd=user.folder, stdout=subprocess.PIPE, text=True,
            check=False, timeout=30,
        )  # fmt: skip
        return done.returncode, done.stdout

    left_to_python = (LEFT, "")
    assert launch("istioctl", "ps") == (0, "1.30.5 ps\n")
    assert launch("istioctl", "-n", "shop", "ps") == (0, "1.30.5 -n shop ps\n")
    assert launch("istioctl", "help") == (0, "1.31.1 help\n"), "no cluster decides which help is shown"
    assert launch("istioctl", "ps", GETMESH_OFFLINE="1") == (0, "1.31.1 ps\n")
    assert launch("istioctl", "ps", "--context", "other") == left_to_python
    assert launch("istioctl", "install") == left_to_python
    assert launch("list") == left_to_python
    assert launch("istioctl", "ps", GETMESH_ISTIO_VERSION="1.31") == left_to_python
    assert launch("istioctl", "ps", KUBECONFIG=str(command)) == left_to_python
    (user.folder / ".istio-version").write_text("1.31\n")
    assert launch("istioctl", "ps") == left_to_python
    (user.folder / ".istio-version").unlink()
    assert "Python: not started for " in user.run("which", "--explain").stdout
    named = user.run("which", "--explain", "--context", "test").stdout
    assert "Python: started, since a flag names the cluster" in named
    user.fetch("1.30.6")
    assert launch("istioctl", "ps") == left_to_python, "a build came that may fit better"
    assert user.run("istioctl", "ps").stdout == "1.30.5 ps\n"
    assert launch("istioctl", "ps") == (0, "1.30.5 ps\n"), "looked at again"
    user.kubeconfig.touch()
    assert launch("istioctl", "ps") == left_to_python
    assert "Python: started once" in user.run("which", "--explain").stdout
