"""What other processes, and the end of our own, can do to a store."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from getmesh.distributions.names import host_platform
from getmesh.distributions.platforms import archive_name
from getmesh.distributions.store import Store
from tests.fakes.catalogs import Publisher, small_catalog
from tests.fakes.https_server import Authority, Plan, Site, serve
from tests.fakes.releases import checksum, good

ROOT = Path(__file__).resolve().parents[2]
CONTENT = b"#!/bin/sh\necho whole\n#" + b"x" * 400_000


class _Machine:
    """A catalog and releases of our own publisher on one server, and processes that use them."""

    def __init__(self, folder: Path, site: Site, authority: Authority) -> None:
        self.home, self.site = folder / "home", site
        publisher = Publisher(folder / "owner")
        publisher.publish(small_catalog(sources=(site.url("/files/{version}/{file}"),)))
        site.files |= publisher.files()
        for version in ("1.29.0", "1.30.0", "1.30.1"):
            name = archive_name(version, "istio", 0, host_platform())
            site.files[f"/files/{version}/{name}"] = good(CONTENT)
            site.files[f"/files/{version}/{name}.sha256"] = checksum(good(CONTENT), name)
        keep = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("GETMESH", "KUBE", "PYTHONDONT")) and not key.lower().endswith("_proxy")
        }
        self.environ = keep | {
            "GETMESH_HOME": str(self.home),
            "KUBECONFIG": os.devnull,
            "SSL_CERT_FILE": str(authority.ca_file),
            "GETMESH_CATALOG_URL": site.url(""),
            "GETMESH_CATALOG_ROOT": str(publisher.root_file),
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "getmesh", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=120)
        return process.returncode, out, err


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def machine(tmp_path: Path, authority: Authority) -> Iterator[_Machine]:
    with serve(authority) as site:
        yield _Machine(tmp_path, site, authority)


def test_a_publisher_of_ones_own_is_used_through_its_root(machine: _Machine) -> None:
    code, out, err = machine.run("list", "--all", "--refresh")
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["1.30.2", "1.30.1", "1.30.0", "1.29.0"]
    assert "1.30.1-istio-v0 is active" in machine.run("fetch", "1.30")[1], "a withdrawn patch is not chosen"
    machine.site.files.clear()
    assert machine.run("list", "--all")[0] == 0, "the kept edition works without its publisher"
    code, _, err = machine.run("list", "--refresh")
    assert code == 4
    assert "404" in err


def test_a_wrong_root_is_exit_4_and_an_explanation(machine: _Machine, tmp_path: Path) -> None:
    other = Publisher(tmp_path / "other")
    machine.environ["GETMESH_CATALOG_ROOT"] = str(other.root_file)
    code, _, err = machine.run("list", "--refresh")
    assert code == 4
    assert "signatures" in err


def test_five_processes_fetch_the_same_build_once(machine: _Machine) -> None:
    machine.run("list", "--refresh")
    running = [machine.start("fetch", "1.30.1") for _ in range(5)]
    results = [(process.communicate(timeout=120), process.returncode) for process in running]
    assert [code for _, code in results] == [0] * 5, results
    path = f"/files/1.30.1/{archive_name('1.30.1', 'istio', 0, host_platform())}"
    assert len(machine.site.asked(path)) == 1
    (build,) = Store(machine.home).builds()
    assert not build.fault


def test_fetch_switch_and_prune_at_once_leave_the_active_build_whole(machine: _Machine) -> None:
    for version in ("1.29.0", "1.30.0"):
        assert machine.run("fetch", version)[0] == 0
    calls = [["fetch", "1.30.1"], ["switch", "1.29.0"], ["prune"], ["switch", "1.30.0"], ["prune"], ["show"]]
    running = [machine.start(*call) for call in calls]
    for process in running:
        _, err = process.communicate(timeout=120)
        assert process.returncode in {0, 2}, err
    store = Store(machine.home)
    active = store.find(store.active_name(), host_platform())
    assert active is not None
    assert not active.fault
    assert store.binary(active).read_bytes() == CONTENT


def test_a_killed_download_is_continued_by_the_next_process(machine: _Machine) -> None:
    name = archive_name("1.30.1", "istio", 0, host_platform())
    path = f"/files/1.30.1/{name}"
    machine.site.always[path] = Plan(cut=300)
    assert machine.run("fetch", "1.30.1")[0] == 4
    machine.site.always.clear()
    assert machine.run("fetch", "1.30.1")[0] == 0
    assert machine.site.asked(path)[-1]["range"].startswith("bytes=")


def test_sudden_deaths_leave_no_half_build() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "kill_test.py"), "--kills", "25"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing broke" in done.stdout
