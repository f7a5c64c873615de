"""Kill getmesh at random moments and look whether anything broke: ``python bench/kill_test.py --kills 1000``.

Children run the whole command line (``fetch``, ``switch``, ``prune``) against a local HTTPS server behind a proxy and
get SIGKILL at a random moment of their life. After each kill every build that is visible must be whole by its SHA-256,
the active pointer must name one of them, and that binary must run. At the end everything must still work.
"""

import argparse
import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from getmesh.cli.boundary import run  # noqa: E402 - as above
from getmesh.distributions.layout import read_active, usable_binary  # noqa: E402 - as above
from getmesh.distributions.names import host_platform  # noqa: E402 - as above
from getmesh.distributions.platforms import archive_name  # noqa: E402 - as above
from getmesh.distributions.store import Store  # noqa: E402 - as above
from tests.fakes.https_server import Authority, Proxy, serve  # noqa: E402 - needs the line above
from tests.fakes.releases import checksum, good  # noqa: E402 - as above

VERSIONS = ("1.28.10", "1.29.7", "1.29.8", "1.30.4", "1.30.5", "1.31.0")
GITHUB = "/istio/istio/releases/download"


def program(version: str) -> bytes:
    """Give an istioctl of about two megabytes that prints its version."""
    padding = random.Random(version).randbytes(1_000_000).hex()
    return f"#!/bin/sh\necho {version}\nexit 0\n# {padding}\n".encode()


@contextlib.contextmanager
def release_server(folder: Path) -> Iterator[dict[str, str]]:
    """Serve the releases from a process of their own; give the environment that leads there."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        authority = Authority(folder)
        with serve(authority) as site:
            for version in VERSIONS:
                name = archive_name(version, "istio", 0, host_platform())
                archive = good(program(version))
                site.files[f"{GITHUB}/{version}/{name}"] = archive
                site.files[f"{GITHUB}/{version}/{name}.sha256"] = checksum(archive, name)
            os.write(write_end, Proxy(site.port).url.encode() + b"\n")
            signal.pause()
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        proxy = pipe.readline().strip()
    try:
        yield {"HTTPS_PROXY": proxy, "NO_PROXY": "", "SSL_CERT_FILE": str(folder / "ca.pem")}
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def life(arguments: list[str], kill_after: float | None) -> tuple[int, float]:
    """Run one command line in a child; give how it ended and how long it lived."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os._exit(run(arguments))
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status), time.monotonic() - started


def faults(home: Path) -> list[str]:
    """Give everything that is not whole."""
    store = Store(home)
    found = [build.fault for build in store.builds() if build.fault]
    found += [
        f"{build.name}: content does not have its digest"
        for build in store.builds()
        if not build.fault and hashlib.sha256(store.binary(build).read_bytes()).hexdigest() != build.sha256
    ]
    active = read_active(str(home))
    if active is not None:
        path = usable_binary(str(home), active)
        done = subprocess.run([path], capture_output=True, text=True, check=False)
        if done.stdout.strip() != active["name"].partition("-")[0]:
            found.append(f"active {active['name']} printed {done.stdout!r}")
    return found


def choose(source: random.Random, home: Path) -> list[str]:
    """Give a command that has work to do."""
    store = Store(home)
    fetched = [build.name for build in store.builds()]
    active = store.active_name()
    idle = [name for name in fetched if name != active]
    if len(fetched) == len(VERSIONS):
        return ["prune", source.choice(idle)]
    if idle and source.random() < 0.4:  # noqa: PLR2004 - two of five are switches
        return ["switch", source.choice(idle)]
    missing = [version for version in VERSIONS if f"{version}-istio-v0" not in fetched]
    return ["fetch", source.choice(missing)]


def main() -> int:
    """Kill as often as asked; exit 1 at the first thing that broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    source = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder, release_server(Path(folder)) as environ:
        home = Path(folder) / "home"
        os.environ.update(environ | {"GETMESH_HOME": str(home)})
        kills, ends = torture(source, home, options.kills)
        for version in VERSIONS:
            for arguments in (["fetch", version], ["switch", version]):
                if life(arguments, None)[0] != 0:
                    print(f"{' '.join(arguments)} fails after the kills", file=sys.stderr)
                    return 1
        rest = faults(home)
    if rest:
        print("\n".join(rest), file=sys.stderr)
        return 1
    total = ", ".join(f"{count} {name}" for name, count in sorted(kills.items()))
    print(f"{sum(kills.values())} kills ({total}), {ends} ended before theirs, nothing broke")
    return 0


def torture(source: random.Random, home: Path, wanted: int) -> tuple[dict[str, int], int]:
    """Kill children until enough died by it; give kills by command and how many ended before.

    Raises:
        SystemExit: something broke.
    """
    spans: dict[str, float] = {}
    kills: dict[str, int] = {}
    ends = 0
    while sum(kills.values()) < wanted:
        arguments = choose(source, home)
        word = arguments[0]
        span = spans.get(word)
        code, lived = life(arguments, None if span is None else source.uniform(0, span))
        if span is None:
            spans[word] = lived
        elif code == -signal.SIGKILL:
            kills[word] = kills.get(word, 0) + 1
        else:
            ends += 1
            spans[word] = 0.9 * span + 0.1 * min(lived, 2 * span)
        if broken := faults(home):
            raise SystemExit(f"after {sum(kills.values())} kills, {' '.join(arguments)}: {'; '.join(broken)}")
    return kills, ends


if __name__ == "__main__":
    sys.exit(main())
