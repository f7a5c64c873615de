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

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from getmesh.distributions.names import host_platform  # noqa: E402 - as above
from getmesh.distributions.platforms import archive_name  # noqa: E402 - as above
from tests.fakes.https_server import Authority, Site, serve  # noqa: E402 - needs the line above
from tests.fakes.releases import good  # noqa: E402 - as above
from tests.fakes.stores import put_build  # noqa: E402 - as above

VERSION = "1.31.1"


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
    launcher = folder / "getmesh"
    template = (ROOT / "src/getmesh/data/launcher.sh").read_text(encoding="utf-8")
    launcher.write_text(template.replace("@PYTHON@", sys.executable), encoding="utf-8")
    launcher.chmod(0o755)
    script = str(Path(sys.executable).with_name("getmesh"))
    environ = environment(home)
    calls = {
        "istioctl itself": [str(home / "blobs" / build.sha256 / "istioctl"), "version"],
        "getmesh istioctl, launcher": [str(launcher), "istioctl", "version"],
        "python -c pass": [sys.executable, "-c", "pass"],
        "getmesh istioctl, entry point": [script, "istioctl", "version"],
        "getmesh list": [script, "list"],
        "getmesh show": [script, "show"],
        "getmesh switch": [script, "switch", "1.31"],
    }
    found = medians(calls, environ, rounds)
    for name, value in found.items():
        print(f"{name:32} {value:7.1f} ms   +{value - found['istioctl itself']:.1f}")


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
