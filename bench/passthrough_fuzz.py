"""Pass many random argument lists to istioctl and compare what arrives.

``python bench/passthrough_fuzz.py --count 10000 [--script]``

Istioctl is a program that prints its arguments, each ended by NUL. With ``--script`` each list goes through the command
``getmesh`` as it is installed; else one interpreter forks for each and runs what the command leaves to Python.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from getmesh.distributions.calls import INSTALLING, command_of
from getmesh.distributions.passthrough import pass_through
from tests.fakes.commands import LEFT, put_command
from tests.fakes.stores import put_build

DUMPER = b'#!/bin/sh\nfor word in "$@"; do printf \'%s\\0\' "$word"; done\n'
FLAGS = ["--color=false", "--remote=false", "--wait=true", "--", "-", "-n", "-f", "--help"]
WORDS = ["install", "upgrade", "manifest", *FLAGS, "a=b=c", "'", '"', "$HOME", "*", "\\", "%s", "é", "", " spaced "]
ODD = re.compile(rb"-([^a-zA-Z0-9-]|[ci])")


def arguments(source: random.Random) -> list[bytes]:
    """Give one argument list: words that broke others before, and random bytes of every kind but NUL."""
    words = []
    for _ in range(source.randrange(9)):
        if source.randrange(2):
            words.append(source.choice(WORDS).encode())
        else:
            words.append(bytes(source.randrange(1, 256) for _ in range(source.randrange(24))))
    return words


def received_by_script(script: Path, words: list[bytes]) -> bytes | None:
    """Give what the program printed, None if the script left the call to Python."""
    done = subprocess.run([script, "istioctl", *words], stdout=subprocess.PIPE, check=False)
    return None if done.returncode == LEFT else done.stdout


def received(words: list[bytes]) -> bytes | None:
    """Give what the program printed, None if the call was left to the whole command line."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(write_end, 1)
        pass_through([os.fsdecode(word) for word in words])
        os._exit(LEFT)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        output = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if code == LEFT else output


def main() -> int:
    """Run the comparison; exit 1 on the first difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--script", action="store_true")
    options = parser.parse_args()
    source = random.Random(options.seed)
    left = 0
    with tempfile.TemporaryDirectory() as folder:
        put_build(Path(folder), "1.31.1-istio-v0", DUMPER)
        os.environ["GETMESH_HOME"] = folder
        os.environ["KUBECONFIG"] = os.devnull
        os.environ.pop("GETMESH_ISTIO_VERSION", None)
        os.chdir(folder)
        script = put_command(Path(folder) / "bin", whole=False)
        for _ in range(options.count):
            words = arguments(source)
            output = received_by_script(script, words) if options.script else received(words)
            left += output is None
            if not _right(words, output, by_script=options.script):
                print(f"sent {words}, received {output!r}", file=sys.stderr)
                return 1
    whom = "left to Python" if options.script else "recognised as installs"
    print(f"{options.count} argument lists, {options.count - left} passed on byte for byte, {left} {whom}")
    return 0


def _right(words: list[bytes], output: bytes | None, *, by_script: bool) -> bool:
    """Whether the arguments arrived, or the call was rightly kept: the script may keep flags that look odd, too."""
    installs = command_of([os.fsdecode(word) for word in words]) in INSTALLING
    if output is None:
        return installs or (by_script and any(ODD.match(word) for word in words))
    return not installs and output.split(b"\0")[:-1] == words


if __name__ == "__main__":
    sys.exit(main())
