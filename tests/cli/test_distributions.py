"""The walk-through of a course on Istio and what can go wrong in it, through real processes."""

import contextlib
import json
import os
import pty
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from getmesh.distributions.names import host_platform
from getmesh.distributions.platforms import archive_name
from tests.fakes.https_server import Authority, Plan, Proxy, serve
from tests.fakes.people import BLOB, GITHUB, ReleaseUser
from tests.fakes.releases import DUMPER, good


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def user(tmp_path: Path, authority: Authority) -> Iterator[ReleaseUser]:
    with serve(authority) as site:
        proxy = Proxy(site.port)
        yield ReleaseUser(tmp_path, site, authority, proxy)
        proxy.close()


def test_the_course_works_step_by_step(user: ReleaseUser) -> None:
    user.publish("1.31.1")
    user.publish("1.30.5")
    assert "no build is fetched" in user.run("show").stderr
    head = user.ok("list").splitlines()[0].split("   ")
    assert [title.strip() for title in head if title.strip()] == [
        "ISTIO VERSION",
        "FLAVOR",
        "FLAVOR VERSION",
        "K8S VERSIONS",
    ]
    assert "1.31.1-istio-v0 is active" in user.ok("fetch")
    assert "1.30.5-istio-v0 is active" in user.ok("fetch", "--version", "1.30")
    assert user.ok("show").splitlines() == ["1.30.5-istio-v0 (Active)", "1.31.1-istio-v0"]
    assert "\n*1.30.5 " in user.ok("list")
    tetrate = ("--version", "1.9.0", "--flavor", "tetratefips", "--flavor-version", "1")
    archive = user.archive("1.9.0-tetratefips-v1")
    assert "is active" in user.ok("fetch", *tetrate, "--archive", archive, "--allow-unverified")
    assert "1.9.0-tetratefips-v1 (Active, unverified)" in user.ok("show")
    user.ok("switch", "--version", "1.30.5", "--flavor", "istio", "--flavor-version", "0")
    assert "active istioctl: 1.30.5-istio-v0" in user.ok("version")
    assert user.ok("istioctl", "version") == "istioctl of the test: version\n"


def test_github_is_asked_first_and_the_mirror_second(user: ReleaseUser) -> None:
    user.publish("1.31.1", BLOB)
    user.ok("fetch", "1.31.1")
    assert list(dict.fromkeys(user.proxy.asked)) == ["github.com:443", "blob.istio.io:443"]
    (build,) = json.loads(user.ok("show", "-o", "json"))["builds"]
    assert build["source"].startswith("https://blob.istio.io/istio-release/releases/1.31.1/")
    assert build["verified"] == "published"


def test_tampering_ends_with_exit_4_and_nothing_installed(user: ReleaseUser) -> None:
    user.publish("1.31.1")
    name = archive_name("1.31.1", "istio", 0, host_platform())
    user.site.files[f"{GITHUB}/1.31.1/{name}"] = good(b"evil")
    done = user.run("fetch", "1.31.1")
    assert done.returncode == 4
    assert "SHA-256" in done.stderr
    assert "tampered" in done.stderr
    assert user.ok("show") == ""
    assert user.run("istioctl", "version").returncode == 2


def test_a_forged_release_with_a_fitting_checksum_is_stopped_by_the_pin(user: ReleaseUser) -> None:
    user.publish("1.30.3")
    (user.home / "catalog" / "current.json").unlink()
    done = user.run("fetch", "1.30.3", "--platform", "linux/amd64")
    assert done.returncode == 4
    assert "contradict one another: pinned 7b8559fb0a91" in done.stderr
    assert user.ok("show") == ""


def test_a_login_page_is_told_from_an_archive(user: ReleaseUser) -> None:
    page = Plan(headers={"Content-Type": "text/html"}, body=b"<html>log in</html>")
    for source in (GITHUB, BLOB):
        user.publish("1.31.1", source)
        user.site.always[f"{source}/1.31.1/{archive_name('1.31.1', 'istio', 0, host_platform())}"] = page
    done = user.run("fetch", "1.31.1")
    assert done.returncode == 4
    assert "web page" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--flavor", "tetratefip"], "tetratefips"),
        (["--flavor", "Istio"], "istio"),
        (["1.31.77"], "1.31.1-istio-v0"),
        (["1.99"], "Nearest minors"),
        (["2.31"], "Nearest minors"),
        (["one.two"], "Write it as"),
        (["1.30.3-tetrat-v0"], "tetrate"),
        (["1.30", "--version", "1.31"], "once"),
        (["1.30.3-istio", "--flavor", "tetrate"], "flavor istio"),
        (["--flavor-version", "3"], "whole version"),
        (["--platform", "plan9/mips"], "linux/amd64"),
        (["1.31.1", "--platform", "windows/arm64"], "windows/amd64"),
        (["1.9.5-tetrate-v0"], "--archive"),
        (["--archive", "nowhere.tar.gz"], "Name it"),
        (["1.31.1", "--archive", "nowhere.tar.gz"], "no such file"),
    ],
)
def test_a_wrong_wish_is_an_error_with_a_way_out(user: ReleaseUser, arguments: list[str], said: str) -> None:
    done = user.run("fetch", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (user.home / "builds").exists()


def test_a_build_for_another_machine_does_not_become_active(user: ReleaseUser) -> None:
    user.publish("1.31.1", platform="windows/amd64")
    assert "is fetched (windows/amd64" in user.ok("fetch", "1.31.1", "--platform", "windows/amd64")
    assert user.ok("show").strip() == "1.31.1-istio-v0 (windows/amd64)"
    assert user.run("switch", "1.31").returncode == 2
    assert user.run("istioctl", "version").returncode == 2


def test_no_switch_leaves_the_active_build(user: ReleaseUser) -> None:
    user.publish("1.31.1")
    user.publish("1.30.5")
    user.ok("fetch", "1.30")
    user.ok("fetch", "1.31", "--no-switch")
    assert user.ok("show").splitlines() == ["1.30.5-istio-v0 (Active)", "1.31.1-istio-v0"]


def test_a_minor_switches_to_the_newest_fetched_build_offline(user: ReleaseUser) -> None:
    for version in ("1.30.3", "1.30.4", "1.31.1"):
        user.publish(version)
        user.ok("fetch", version)
    asked = len(user.site.requests)
    assert "1.30.4-istio-v0" in user.ok("switch", "1.30", GETMESH_OFFLINE="1")
    assert len(user.site.requests) == asked
    done = user.run("switch", "1.29")
    assert done.returncode == 2
    assert "fetched: 1.30.3-istio-v0" in done.stderr


def test_flavor_versions_are_not_confused_by_their_digits(user: ReleaseUser) -> None:
    for number in (1, 10):
        name = f"1.22.8-tetrate-v{number}"
        user.ok("fetch", name, "--archive", user.archive(name), "--allow-unverified")
    user.ok("switch", "--version", "1.22.8", "--flavor", "tetrate", "--flavor-version", "1")
    assert "1.22.8-tetrate-v1 (Active, unverified)\n1.22.8-tetrate-v10 (unverified)" in user.ok("show")


def test_prune_keeps_the_active_build_and_says_sizes(user: ReleaseUser) -> None:
    for version, content in (("1.30.4", b"a" * 1500), ("1.30.5", b"b" * 2500), ("1.31.1", DUMPER)):
        user.publish(version, content=content)
        user.ok("fetch", version)
    dry = user.ok("prune", "--dry-run")
    assert "1.30.4-istio-v0 (" in dry
    assert "1.5 kB" in dry
    assert len(user.ok("show").splitlines()) == 3
    assert "1.30.5" not in user.ok("prune", "--keep", "1")
    assert user.ok("show").splitlines() == ["1.30.5-istio-v0", "1.31.1-istio-v0 (Active)"]
    assert user.run("prune", "1.31.1").returncode == 2
    assert "freed 2.5 kB" in user.ok("prune", "--version", "1.30.5")
    assert len(list((user.home / "blobs").iterdir())) == 1


@pytest.mark.parametrize("command", ["show", "switch", "prune", "which", "version", "list", "istioctl"])
def test_a_fresh_home_is_no_crash(user: ReleaseUser, command: str) -> None:
    done = user.run(command)
    assert done.returncode in {0, 2}
    assert not user.home.exists()


def test_a_read_only_home_can_be_read(user: ReleaseUser) -> None:
    user.publish("1.31.1")
    user.ok("fetch")
    frozen = _freeze(user.home)
    try:
        for arguments in (["show"], ["list"], ["which"], ["version"], ["istioctl", "version"], ["prune", "--dry-run"]):
            user.ok(*arguments)
        if os.geteuid() != 0:  # root writes everywhere
            done = user.run("switch", "1.31")
            assert done.returncode == 4
            assert "GETMESH_HOME" in done.stderr
    finally:
        for path in frozen:
            path.chmod(0o755)


def _freeze(home: Path) -> list[Path]:
    paths = [home, *home.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() or path.name == "istioctl" else 0o444)
    return paths


def test_the_wide_list_tells_pinned_builds_from_fetchable_ones(user: ReleaseUser) -> None:
    wish = ("list", "--minor", "1.30", "--flavor", "istio", "-o")
    builds = json.loads(user.ok(*wish, "json"))["builds"]
    pinned = {build["version"] for build in builds if host_platform() in build.get("digests", {})}
    assert pinned < {build["version"] for build in builds}
    table = [line.split() for line in user.ok(*wish, "wide").splitlines()[1:]]
    assert {row[0] for row in table if row[-2] == "pinned"} == pinned
    assert {row[-2] for row in table} <= {"pinned", "yes"}


def test_output_for_machines_is_versioned(user: ReleaseUser) -> None:
    document = json.loads(user.ok("list", "--minor", "1.30", "--flavor", "istio", "-o", "json"))
    assert document["schema"] == "getmesh/builds/v1"
    newest = document["builds"][0]
    assert newest["name"] == "1.30.5-istio-v0"
    assert newest["kubernetes"][0] == "1.32"
    assert not newest["fetched"]
    assert json.loads(user.ok("version", "--remote=false", "-o", "json"))["schema"] == "getmesh/version/v1"
    assert json.loads(user.ok("show", "-o", "json"))["schema"] == "getmesh/fetched/v1"


def test_results_go_to_standard_output_and_remarks_to_the_other(user: ReleaseUser) -> None:
    done = user.run("list")
    assert "more builds" in done.stderr
    assert "more builds" not in done.stdout


def test_the_default_hub_is_kept_and_removed(user: ReleaseUser) -> None:
    assert "Istio's own" in user.ok("default-hub")
    user.ok("default-hub", "--set", "registry.example.com:5000/istio/release")
    assert user.ok("default-hub", "--show") == "registry.example.com:5000/istio/release\n"
    user.ok("default-hub", "--remove")
    assert "Istio's own" in user.ok("default-hub")
    assert user.run("default-hub", "--set", "https://registry.example.com").returncode == 2


def test_prune_works_when_nothing_is_active(user: ReleaseUser) -> None:
    user.publish("1.31.1")
    user.ok("fetch", "--no-switch")
    assert "freed" in user.ok("prune")
    assert user.ok("show") == ""


def test_the_star_of_the_list_is_no_part_of_the_version(user: ReleaseUser) -> None:
    user.publish("1.31.1")
    user.ok("fetch")
    document = json.loads(user.ok("list", "-o", "json"))
    (active,) = [build for build in document["builds"] if build["active"]]
    assert active["version"] == "1.31.1"
    assert active["name"] == "1.31.1-istio-v0"


def test_a_terminal_gets_a_progress_bar(user: ReleaseUser) -> None:
    user.publish("1.31.1", content=random.Random(3).randbytes(3_000_000))
    master, slave = pty.openpty()
    call = [sys.executable, "-m", "getmesh", "fetch"]
    with subprocess.Popen(call, stdin=slave, stdout=slave, stderr=slave, env=user.environ, cwd=user.work) as child:
        os.close(slave)
        seen = b""
        with contextlib.suppress(OSError):  # the terminal ends with the child
            while chunk := os.read(master, 4096):
                seen += chunk
        assert child.wait(timeout=60) == 0
    os.close(master)
    assert b"1.31.1-istio-v0 is active" in seen
    assert b"\x1b[" in seen
