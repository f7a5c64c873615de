"""Measure distributions: pass-through, start-up of the commands, and a fetch against what a shell would do.

``python bench/distributions.py [--rounds N] [--megabytes N]``. Calls are interleaved and medians are printed, so that
other work on the machine hits all of them alike.
"""

import argparse
import hashlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from getmesh.distributions import contexts
from getmesh.distributions.names import host_platform
from getmesh.distributions.platforms import archive_name
from getmesh.distributions.records import render
from getmesh.distributions.shortcut import leave_shortcut
from getmesh.ports.disk import write_atomically
from tests.fakes.https_server import Authority, Site, serve
from tests.fakes.releases import good
from tests.fakes.stores import put_build

VERSION = "1.31.0"  # not pinned, since the content is made up


def medians(calls: dict[str, list[str]], environ: dict[str, str], rounds: int) -> dict[str, float]:
    """Give milliseconds of each call, the calls taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            subprocess.run(call, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def start_up(folder: Path, rounds: int) -> None:
    """Print what the pass-through adds and how long the quick commands take."""
    home = folder / "home"
    build = put_build(home, f"{VERSION}-istio-v0", Path("/bin/true").read_bytes())
    script = str(Path(sys.executable).with_name("getmesh"))
    environ = environment(home)
    calls = {
        "istioctl itself": [str(home / "blobs" / build.sha256 / "istioctl"), "version"],
        "getmesh istioctl": [script, "istioctl", "version"],
        "python -c pass": [sys.executable, "-c", "pass"],
        "getmesh istioctl, by Python": [f"{script}-python", "istioctl", "version"],
        "getmesh --version": [script, "--version"],
        "getmesh --version, by Python": [f"{script}-python", "--version"],
        "getmesh list": [script, "list"],
        "getmesh show": [script, "show"],
        "getmesh switch": [script, "switch", "1.31"],
    }
    print_medians(medians(calls, environ, rounds))
    with_cluster = {
        name: calls[name] for name in ("istioctl itself", "getmesh istioctl", "getmesh istioctl, by Python")
    }
    print("behind a kubeconfig whose control plane is known:")
    print_medians(medians(with_cluster, known_cluster(folder, home, environ), rounds))


def print_medians(found: dict[str, float]) -> None:
    """Print what each call takes, and how much more than the first one."""
    floor = next(iter(found.values()))
    for name, value in found.items():
        print(f"{name:32} {value:7.1f} ms   +{value - floor:.1f}")


def known_cluster(folder: Path, home: Path, environ: dict[str, str]) -> dict[str, str]:
    """Give an environment with a kubeconfig, the state being as after a call of istioctl a minute ago."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text("clusters: []\n", encoding="utf-8")
    os.utime(kubeconfig, (time.time() - 60, time.time() - 60))
    given = environ | {"KUBECONFIG": str(kubeconfig)}
    key = contexts.context_key(given, []) or ""
    memory = contexts.remembered(str(home), key, f"{VERSION}-istio-v0", time.time())
    write_atomically(Path(contexts.memory_file(str(home))), render("contexts", memory))
    leave_shortcut(str(home), given)
    return given


def fetch(folder: Path, megabytes: int, rounds: int) -> None:
    """Print the speed of a fetch and of curl, sha256sum and tar."""
    content = b"#!/bin/sh\nexit 0\n# " + random.Random(1).randbytes(megabytes * 1_000_000)
    name = archive_name(VERSION, "istio", 0, host_platform())
    archive = good(content)
    authority = Authority(folder)
    with serve(authority) as site:
        site.files[f"/{VERSION}/{name}"] = archive
        site.files[f"/{VERSION}/{name}.sha256"] = f"{hashlib.sha256(archive).hexdigest()} {name}\n".encode()
        ours, shell = [], []
        for number in range(rounds):
            shell.append(by_shell(folder / f"shell{number}", site, name, authority))
            ours.append(by_getmesh(folder / f"home{number}", site, authority))
    best = statistics.median(shell)
    mine = statistics.median(ours)
    print(f"fetch of {len(archive) / 1e6:.0f} MB: shell {best:.2f} s, getmesh {mine:.2f} s, ratio {best / mine:.2f}")


def by_shell(folder: Path, site: Site, name: str, authority: Authority) -> float:
    """Give the seconds of download, checksum and unpacking by the usual programs."""
    folder.mkdir()
    curl = f"curl -sS --cacert {authority.ca_file} {site.url(f'/{VERSION}/{name}')}"
    script = f"{curl} | tee {name} | sha256sum && tar xzf {name}"
    start = time.perf_counter()
    subprocess.run(["sh", "-c", script], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def by_getmesh(home: Path, site: Site, authority: Authority) -> float:
    """Give the seconds of a whole ``getmesh fetch``."""
    environ = environment(home) | {"SSL_CERT_FILE": str(authority.ca_file)}
    script = str(Path(sys.executable).with_name("getmesh"))
    call = [script, "fetch", VERSION, "--mirror", site.url("")]
    start = time.perf_counter()
    subprocess.run(call, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def environment(home: Path) -> dict[str, str]:
    """Give an environment with a home of ours, no cluster, and compiled files allowed."""
    keep = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return keep | {"GETMESH_HOME": str(home), "KUBECONFIG": os.devnull, "NO_PROXY": "localhost"}


def main() -> int:
    """Run all measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start_up(Path(folder), options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        fetch(Path(folder), options.megabytes, 3)
    return 0


if __name__ == "__main__":
    sys.exit(main())
