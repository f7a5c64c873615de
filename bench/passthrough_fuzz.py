"""Pass many random argument lists to istioctl and compare what arrives.

``python bench/passthrough_fuzz.py --count 10000``

One interpreter forks for each list, so that ten thousand take seconds. The child runs the very code that ``getmesh
istioctl`` runs and becomes a program that prints its arguments, each ended by NUL.
"""

import argparse
import hashlib
import os
import random
import sys
import tempfile
from pathlib import Path

from getmesh.distributions.calls import INSTALLING, command_of
from getmesh.distributions.names import host_platform
from getmesh.distributions.passthrough import pass_through
from getmesh.distributions.store import FetchedBuild, Store

DUMPER = b'#!/bin/sh\nfor word in "$@"; do printf \'%s\\0\' "$word"; done\n'
FLAGS = ["--color=false", "--remote=false", "--wait=true", "--", "-", "-n", "-f", "--help"]
WORDS = ["install", "upgrade", "manifest", *FLAGS, "a=b=c", "'", '"', "$HOME", "*", "\\", "%s", "é", "", " spaced "]
LEFT_TO_US = 99


def arguments(source: random.Random) -> list[bytes]:
    """Give one argument list: words that broke others before, and random bytes of every kind but NUL."""
    words = []
    for _ in range(source.randrange(9)):
        if source.randrange(2):
            words.append(source.choice(WORDS).encode())
        else:
            words.append(bytes(source.randrange(1, 256) for _ in range(source.randrange(24))))
    return words


def received(words: list[bytes]) -> bytes | None:
    """Give what the program printed, None if the call was left to the whole command line."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(write_end, 1)
        pass_through([os.fsdecode(word) for word in words])
        os._exit(LEFT_TO_US)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        output = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if code == LEFT_TO_US else output


def main() -> int:
    """Run the comparison; exit 1 on the first difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    source = random.Random(options.seed)
    left = 0
    with tempfile.TemporaryDirectory() as folder:
        _put_active(Path(folder))
        os.environ["GETMESH_HOME"] = folder
        os.environ["KUBECONFIG"] = os.devnull
        os.environ.pop("GETMESH_ISTIO_VERSION", None)
        os.chdir(folder)
        for _ in range(options.count):
            words = arguments(source)
            output = received(words)
            installs = command_of([os.fsdecode(word) for word in words]) in INSTALLING
            left += output is None
            if (output is None) != installs or (output is not None and output.split(b"\0")[:-1] != words):
                print(f"sent {words}, received {output!r}", file=sys.stderr)
                return 1
    print(
        f"{options.count} argument lists, {options.count - left} passed on byte for byte, {left} recognised as installs"
    )
    return 0


def _put_active(home: Path) -> None:
    store = Store(home)
    staged = store.new_staging("fuzz")
    binary = staged / "istioctl"
    binary.write_bytes(DUMPER)
    binary.chmod(0o755)
    digest = hashlib.sha256(DUMPER).hexdigest()
    fields = ("a", digest, "published", "fuzz", "2026-01-01T00:00:00Z")
    build = FetchedBuild("1.31.1-istio-v0", host_platform(), digest, len(DUMPER), *fields)
    store.commit(staged, build, activate=True)


if __name__ == "__main__":
    sys.exit(main())
