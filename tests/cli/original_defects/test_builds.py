"""Defects D1 to D13 of the original getmesh: fetch, list, switch, prune. Each number is one test."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from getmesh.distributions.catalog import decode, encode
from getmesh.distributions.editions import embedded_bytes
from getmesh.distributions.names import host_platform
from getmesh.distributions.platforms import archive_name
from tests.fakes.https_server import Plan
from tests.fakes.people import BLOB, GITHUB, ReleaseUser
from tests.fakes.releases import DUMPER, checksum, good, hostile
from tests.fakes.stores import put_build

FILE = archive_name("1.31.1", "istio", 0, host_platform())
PLACE = f"{GITHUB}/1.31.1/{FILE}"


def publish(user: ReleaseUser, archive: bytes) -> None:
    """Put an archive on the server, with a checksum that fits."""
    user.publish("1.31.1")
    user.site.files[PLACE] = archive
    user.site.files[f"{PLACE}.sha256"] = checksum(archive, FILE)


def test_d01_nothing_is_run_whose_digest_was_not_compared(release_user: ReleaseUser) -> None:
    release_user.publish("1.31.1")
    release_user.site.files[PLACE] = good(b"#!/bin/sh\necho evil\n")
    done = release_user.run("fetch", "1.31.1")
    assert (done.returncode, release_user.ok("show")) == (4, "")
    assert "SHA-256" in done.stderr
    del release_user.site.files[f"{PLACE}.sha256"]
    assert "nothing vouches" in release_user.run("fetch", "1.31.1").stderr
    assert release_user.run("istioctl", "version").returncode == 2


@pytest.mark.parametrize("archive", [good()[:-40], good()[:200], b"", b"no gzip at all" * 50, DUMPER])
def test_d02_a_broken_archive_is_an_error_and_no_panic(release_user: ReleaseUser, archive: bytes) -> None:
    publish(release_user, archive)
    assert release_user.run("fetch", "1.31.1").returncode == 4
    assert release_user.ok("show") == ""


def test_d03_a_fetch_that_dies_leaves_nothing_that_counts_as_fetched(release_user: ReleaseUser) -> None:
    release_user.publish("1.31.1", content=DUMPER + b"#" + os.urandom(400_000))
    for pause in (0.0, 0.2):
        release_user.site.plans[PLACE] = [Plan(cut=100_000 if pause else None, pause=pause)]
        call = [sys.executable, "-m", "getmesh", "fetch", "1.31.1"]
        with subprocess.Popen(call, env=release_user.environ, cwd=release_user.work, stderr=subprocess.PIPE) as child:
            while not release_user.site.asked(PLACE):
                time.sleep(0.005)
            child.send_signal(signal.SIGKILL)
        assert "damaged" not in release_user.ok("show")
        assert release_user.run("istioctl").returncode in {0, 2}, "whole or not there"
        release_user.site.requests.clear()
    assert "is active" in release_user.ok("fetch", "1.31.1")
    assert release_user.ok("istioctl", "x") == "istioctl of the test: x\n"


@pytest.mark.parametrize("what", ["the member twice", "the name in a folder", "nothing inside", "a second member"])
def test_d04_an_archive_holds_one_istioctl_and_nothing_else(release_user: ReleaseUser, what: str) -> None:
    publish(release_user, dict(hostile())[what])
    done = release_user.run("fetch", "1.31.1")
    assert (done.returncode, release_user.ok("show")) == (4, ""), done.stderr


@pytest.mark.parametrize("status", [403, 404, 410, 500])
def test_d05_each_refusal_is_reported_as_what_it_is(release_user: ReleaseUser, status: int) -> None:
    for source in (GITHUB, BLOB):
        release_user.publish("1.31.1", source)
        release_user.site.always[f"{source}/1.31.1/{FILE}"] = Plan(status)
    done = release_user.run("fetch", "1.31.1")
    assert done.returncode == 4
    assert f"answered {status}" in done.stderr


def test_d05_a_passing_failure_is_tried_again_and_the_authority_can_be_ones_own(release_user: ReleaseUser) -> None:
    release_user.publish("1.31.1")
    release_user.site.plans[PLACE] = [Plan(503), Plan(429, {"Retry-After": "1"}), Plan(cut=50)]
    stranger = release_user.run("fetch", "1.31.1", SSL_CERT_FILE="")
    assert stranger.returncode == 4
    assert "certificate" in stranger.stderr
    assert "is active" in release_user.ok("fetch", "1.31.1")


def test_d06_a_home_without_an_active_build_is_no_panic(release_user: ReleaseUser) -> None:
    for arguments in (["switch"], ["switch", "1.30"], ["check-upgrade"], ["prune"], ["show"], ["istioctl"]):
        assert release_user.run(*arguments).returncode in {0, 2, 4}
    release_user.publish("1.31.1")
    release_user.ok("fetch", "--no-switch")
    assert "freed" in release_user.ok("prune")


def test_d07_active_is_a_name_and_no_part_of_one(release_user: ReleaseUser) -> None:
    assert release_user.ok("show") == "", "there is no folder yet"
    for number in (10, 1):
        put_build(release_user.home, f"1.22.8-tetrate-v{number}", DUMPER + b"#" * number)
    assert release_user.ok("show").splitlines() == ["1.22.8-tetrate-v1 (Active)", "1.22.8-tetrate-v10"]


def test_d08_the_catalog_is_signed_kept_and_at_hand_offline(release_user: ReleaseUser, tmp_path: Path) -> None:
    offline = release_user.ok("list", "--all", GETMESH_OFFLINE="1")
    assert "1.31.1" in offline
    forged = tmp_path / "manifest.json"
    forged.write_text('{"istio_distributions": []}')
    assert release_user.ok("list", "--all", GETMESH_TEST_MANIFEST_PATH=str(forged)) == offline
    for path, body in (("/metadata/2.root.json", b""), ("/metadata/timestamp.json", b"{}")):
        release_user.site.files[path] = body
    done = release_user.run("list", "--refresh", "--catalog-url", "https://github.com")
    assert done.returncode == 4
    assert release_user.ok("list", "--all", "--catalog-url", "https://github.com") == offline


def test_d09_a_flavor_is_never_guessed_and_a_major_never_ignored(release_user: ReleaseUser) -> None:
    typo = release_user.run("fetch", "1.30", "--flavor", "tetratefip")
    assert (typo.returncode, "tetratefips" in typo.stderr) == (2, True)
    assert release_user.run("fetch", "2.31").returncode == 2
    release_user.publish("1.31.1")
    current = release_user.home / "catalog" / "current.json"
    catalog = decode(current.read_bytes())
    current.write_bytes(encode(msgspec.structs.replace(catalog, builds=catalog.builds[::-1])))
    assert "1.31.1-istio-v0 is active" in release_user.ok("fetch", "latest"), "whatever the order of the list"


def test_d10_a_minor_means_the_newest_fetched_and_asks_nobody(release_user: ReleaseUser) -> None:
    for name in ("1.30.3-istio-v0", "1.30.4-istio-v0", "1.31.1-istio-v0"):
        put_build(release_user.home, name, DUMPER + name.encode())
    assert release_user.ok("switch", "1.30") == "1.30.4-istio-v0 is active\n"
    assert release_user.proxy.asked == []
    assert release_user.run("switch", "1.29").returncode == 2


def test_d11_the_star_is_no_part_of_the_version(release_user: ReleaseUser) -> None:
    put_build(release_user.home, "1.31.1-istio-v0", DUMPER)
    assert "\n*1.31.1 " in release_user.ok("list")
    builds = json.loads(release_user.ok("list", "-o", "json"))["builds"]
    assert [build["version"] for build in builds if build["active"]] == ["1.31.1"]
    assert not any("*" in build["version"] + build["name"] for build in builds)


def test_d12_the_state_is_made_when_needed_and_replaced_whole(release_user: ReleaseUser) -> None:
    for arguments in (["list"], ["show"], ["version", "--remote=false"]):
        release_user.ok(*arguments)
    assert not release_user.home.exists(), "looking writes nothing"
    release_user.publish("1.31.1")
    release_user.ok("fetch", "1.31.1")
    put_build(release_user.home, "1.30.5-istio-v0", DUMPER + b"#")
    pointer = release_user.home / "active"
    with subprocess.Popen(
        ["sh", "-c", 'for v in 1.30 1.31 1.30 1.31; do "$0" -m getmesh switch $v; done', sys.executable],
        env=release_user.environ,
        stdout=subprocess.DEVNULL,
    ) as switching:
        while switching.poll() is None:
            assert pointer.read_text().count("\n") == 5
    release_user.home.chmod(0o555)
    assert release_user.ok("show").splitlines()[0].startswith("1.30.5")
    release_user.home.chmod(0o755)


def test_d13_results_are_alone_on_standard_output_and_never_a_format(release_user: ReleaseUser) -> None:
    done = release_user.run("list")
    assert "more builds" in done.stderr
    assert all(line[0] in " *I" for line in done.stdout.splitlines())
    put_build(release_user.home, "1.31.1-istio-v0", b"#!/bin/sh\necho '100%s %d%n'\n")
    assert release_user.ok("istioctl", "version") == "100%s %d%n\n"
    assert decode(embedded_bytes()).builds, "the list is not empty by chance"
