"""Which build a call uses, and what doctor, update and check-upgrade say, through real processes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.https_server import Authority, Proxy, serve
from tests.fakes.people import ReleaseUser


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def user(tmp_path: Path, authority: Authority) -> Iterator[ReleaseUser]:
    with serve(authority) as site:
        proxy = Proxy(site.port)
        yield ReleaseUser(tmp_path, site, authority, proxy)
        proxy.close()


def test_check_upgrade_reads_every_vendors_form(user: ReleaseUser) -> None:
    versions = ["1.30.5", "1.24.2-solo", "1.20.3-asm.4", "1.18.2-tetrate-v0", "1.29.4-distroless", "unknown", "v2.6"]
    arguments = [word for version in versions for word in ("--running", version)]
    text = user.ok("check-upgrade", *arguments, "--kubernetes", "1.33")
    assert "newer patch: 1.29.8-istio-v0" in text
    assert "ask Solo.io" in text
    assert "fits Kubernetes 1.33" in text


@pytest.mark.parametrize(
    ("gate", "code"), [("patch", 1), ("high", 1), ("eol", 1), ("critical", 0), ("never", 0), ("skew", 0), ("moon", 2)]
)
def test_check_upgrade_gates(user: ReleaseUser, gate: str, code: int) -> None:
    assert user.run("check-upgrade", "--running", "1.29.4", "--fail-on", gate).returncode == code


def test_check_upgrade_without_a_cluster_is_no_success(user: ReleaseUser) -> None:
    done = user.run("check-upgrade")
    assert done.returncode == 4
    assert "no cluster" in done.stderr


@pytest.mark.parametrize(
    ("said", "picked"),
    [("1.30", "1.30.5"), (">=1.30,<1.31", "1.30.5"), ("1.31.1-istio-v0", "1.31.1"), ("latest  # newest", "1.31.1")],
)
def test_a_version_file_above_decides(user: ReleaseUser, said: str, picked: str) -> None:
    for version in ("1.31.1", "1.30.5"):
        user.publish(version)
        user.ok("fetch", version)
    folder = user.work / "a" / "b"
    folder.mkdir(parents=True)
    (user.work / ".istio-version").write_text(f"# comment\n{said}\n")
    assert f"{picked}-istio-v0" in user.ok("which", "--explain", cwd=folder)


def test_the_order_of_rules_is_flag_variable_file_active(user: ReleaseUser) -> None:
    for version in ("1.29.8", "1.30.5", "1.31.0", "1.31.1"):
        user.publish(version, content=f"#!/bin/sh\necho {version}\n".encode())
        user.ok("fetch", version)
    assert user.ok("istioctl") == "1.31.1\n"
    assert "Python: not started, since the active build decides" in user.ok("which", "--explain")
    (user.work / ".istio-version").write_text("1.31.0\n")
    assert user.ok("istioctl") == "1.31.0\n"
    assert "Python: started, since a version is asked for" in user.ok("which", "--explain")
    assert user.ok("istioctl", GETMESH_ISTIO_VERSION="1.30") == "1.30.5\n"
    assert user.ok("--istio-version", "1.29", "istioctl", "x", GETMESH_ISTIO_VERSION="1.30") == "1.29.8\n"


@pytest.mark.parametrize("said", ["1.30", "nonsense", "1.30\n1.31", ""])
def test_a_version_file_that_cannot_be_followed_is_an_error(user: ReleaseUser, said: str) -> None:
    user.publish("1.31.1")
    user.ok("fetch")
    (user.work / ".istio-version").write_text(said)
    done = user.run("istioctl", "version")
    assert done.returncode == 2
    assert ".istio-version" in done.stderr


def test_doctor_says_what_is_wrong_and_how_to_mend_it(user: ReleaseUser) -> None:
    user.publish("1.31.1")
    user.ok("fetch")
    healthy = user.run("doctor")
    assert healthy.returncode == 0
    assert "github.com answers" in healthy.stdout
    published = user.run("doctor", "--catalog-url", "https://blob.istio.io/catalog file:///nowhere")
    assert published.stdout.count("blob.istio.io answers") == 1
    assert "catalog.example.com" in user.run("doctor", "--catalog-url", "https://catalog.example.com/c").stdout
    (user.home / "active").write_text("nonsense")
    done = user.run("doctor", "--network=false", "-o", "json")
    assert done.returncode == 1
    (failed,) = [finding for finding in json.loads(done.stdout)["findings"] if finding["state"] == "fail"]
    assert "getmesh switch" in failed["cure"]


def test_update_prints_a_command_and_replaces_nothing(user: ReleaseUser) -> None:
    text = user.ok("update")
    assert "this is getmesh" in text
    assert "getmesh" in text.splitlines()[-1]


def test_a_percent_sign_in_istioctls_output_stays_one(user: ReleaseUser) -> None:
    user.publish("1.31.1", content=b"#!/bin/sh\necho '100%s %d%n'\n")
    user.ok("fetch")
    assert user.ok("istioctl", "version") == "100%s %d%n\n"
