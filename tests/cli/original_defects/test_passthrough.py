"""Defects D14 to D19 of the original getmesh: the pass-through to istioctl. Each number is one test."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.fakes.cluster import FakeApi, istiod, ready, served
from tests.fakes.commands import put_command
from tests.fakes.people import ClusterUser, ReleaseUser
from tests.fakes.stores import put_build

DUMPER = b'#!/bin/sh\nfor word in "$@"; do printf \'[%s]\' "$word"; done\n'


@pytest.mark.parametrize(
    "words",
    [
        ["analyze", "--color=false", "--use-kube=false"],
        ["version", "--remote=false"],
        ["x", "--wait=true", "--set=a=b=c", "--=", "-n=shop"],
        ["x", " spaced ", "", "a\nb", "%s"],
    ],
)
def test_d14_arguments_are_never_split_or_trimmed(release_user: ReleaseUser, words: list[str]) -> None:
    put_build(release_user.home, "1.31.1-istio-v0", DUMPER)
    expected = "".join(f"[{word}]" for word in words)
    assert release_user.ok("istioctl", *words) == expected
    command = [str(put_command(release_user.folder / "bin")), "istioctl", *words]
    done = subprocess.run(command, env=release_user.environ, capture_output=True, text=True, check=True)
    assert done.stdout == expected


def test_d15_install_is_recognised_by_its_place_alone(cluster_user: ClusterUser) -> None:
    cluster_user.fetch("1.31.1")
    for words in (["-n", "install", "ps"], ["analyze", "install"], ["ps", "--context", "test", "upgrade"]):
        assert cluster_user.run("istioctl", *words).returncode == 0
    assert cluster_user.calls() == ["-n install ps", "analyze install", "ps --context test upgrade"]
    for words in (
        ["install"],
        ["upgrade"],
        ["manifest", "apply"],
        ["--vklog", "3", "install"],
        ["manifest", "install"],
    ):
        assert cluster_user.run("istioctl", *words).returncode == 2, "it would have to ask"
    assert len(cluster_user.calls()) == 3


def test_d16_nobody_is_asked_without_a_terminal_and_no_hub_is_added_twice(cluster_user: ClusterUser) -> None:
    cluster_user.fetch("1.31.1")
    cluster_user.api.pods = [istiod("1.31.1")]
    cluster_user.api.deployments["istio-system"] = [ready()]
    done = cluster_user.run("istioctl", "install")
    assert (done.returncode, "-y" in done.stderr) == (2, True)
    assert cluster_user.run("default-hub", "--set", "reg.example/istio").returncode == 0
    (cluster_user.folder / "op.yaml").write_text("spec: {values: {global: {hub: theirs}}}\n")
    own = (["-f", "op.yaml"], ["--set", "values.global.hub=theirs"], ["--set", "hub=theirs"])
    for words in own:
        assert cluster_user.run("istioctl", "install", "-y", *words).returncode == 0
    assert cluster_user.run("istioctl", "install", "-y").returncode == 0
    assert cluster_user.calls() == [
        *(" ".join(["install", "-y", *words]) for words in own),
        "install -y --set hub=reg.example/istio",
    ]


@pytest.mark.parametrize("by", ["--kubeconfig", "--context"])
def test_d17_checks_look_at_the_cluster_that_is_installed_into(
    cluster_user: ClusterUser, tmp_path: Path, by: str
) -> None:
    cluster_user.fetch("1.31.1")
    other, config = FakeApi(istiod("1.31.1")), tmp_path / "other"
    other.deployments["istio-system"] = [ready()]
    with served(other, config, "other"):
        if by == "--kubeconfig":
            words, variables = ["--kubeconfig", str(config)], {}
        else:
            words, variables = ["--context", "other"], {"KUBECONFIG": f"{cluster_user.kubeconfig}:{config}"}
        if by == "--context":  # both files name their cluster and user alike; the first one would win
            config.write_text(config.read_text().replace("name: c,", "name: d,").replace("cluster: c", "cluster: d"))
        done = cluster_user.run("istioctl", "install", "-y", *words, **variables)
    assert done.returncode == 0, done.stderr
    assert [method for method, _ in other.asked].count("GET") > 2, "before and after"
    assert cluster_user.api.asked == []


def test_d18_istioctl_is_run_once_for_one_call(cluster_user: ClusterUser) -> None:
    cluster_user.fetch("1.31.1")
    cluster_user.api.pods = [istiod("1.31.1")]
    cluster_user.api.deployments["istio-system"] = [ready()]
    for words in (["version"], ["ps"], ["install", "-y", "-f", "op.yaml"]):
        assert cluster_user.run("istioctl", *words).returncode == 0
    assert cluster_user.calls() == ["version", "ps", "install -y -f op.yaml"]


def test_d19_exit_code_and_signals_are_istioctls_own(release_user: ReleaseUser) -> None:
    program = (
        b'#!/bin/sh\n[ "$1" != wait ] || { trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done; }\nexit 42\n'
    )
    put_build(release_user.home, "1.31.1-istio-v0", program)
    assert release_user.run("istioctl", "x").returncode == 42
    command = [str(put_command(release_user.folder / "bin")), "istioctl", "wait"]
    with subprocess.Popen(command, env=release_user.environ, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=10) == 9
