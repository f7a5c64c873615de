"""Time, memory and growth of config-validate over meshes of several sizes; optionally against another validator.

usage: validate.py [--sizes 10x20,50x40,200x50] [--select CODES] [--rounds N] [--against "CMD with {} for the folder"]
"""

import argparse
import math
import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(sys.executable).parent
BENCH = Path(__file__).resolve().parent


def timed(command: list[str]) -> tuple[float, int]:
    """Run a command and give its seconds and the largest resident size of it or of its children, in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) not in {0, 1, 79}:  # findings are no failure; istioctl ends with 79 then
        print(f"exit {os.waitstatus_to_exitcode(status)}: {shlex.join(command)}", file=sys.stderr)
    return seconds, usage.ru_maxrss // 1024


def objects_in(folder: Path) -> int:
    """Count the documents of a mesh."""
    return sum(file.read_text(encoding="utf-8").count("\nkind: ") for file in folder.glob("*.yaml"))


def main() -> None:
    """Print a line per size, and the growth exponent between the smallest and the largest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10x20,50x40,200x50")
    parser.add_argument("--select", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", default="", help="another command; {} is the folder, {files} the files")
    options = parser.parse_args()
    points: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for size in options.sizes.split(","):
            namespaces, services = size.split("x")
            folder = Path(scratch) / size
            maker = [sys.executable, str(BENCH / "make_mesh.py"), str(folder), "--namespaces", namespaces]
            subprocess.run([*maker, "--services", services], check=True)
            ours = [str(HERE / "getmesh"), "config-validate", "--offline", "--fail-on", "never", str(folder)]
            if options.select:
                ours += ["--select", options.select]
            runs = [(timed(ours), timed(_other(options.against, folder)) if options.against else None)
                    for _ in range(options.rounds)]  # fmt: skip
            (seconds, memory), other = min(runs, key=lambda run: run[0])
            count = objects_in(folder)
            points.append((count, seconds))
            line = f"{size:>8} {count:>7} objects {seconds:7.2f} s {memory:5} MB"
            if other:
                line += f"   other {other[0]:7.2f} s {other[1]:5} MB   ratio {seconds / other[0]:.2f}"
            print(line, flush=True)
    if len(points) > 1:
        (small, fast), (large, slow) = points[-2], points[-1]
        print(f"growth exponent between the two largest: {math.log(slow / fast) / math.log(large / small):.2f}")
    print(f"this process and its children: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.0f} s of CPU")


def _other(command: str, folder: Path) -> list[str]:
    words = []
    for word in shlex.split(command):
        if word == "{files}":
            words += [str(file) for file in sorted(folder.glob("*.yaml"))]
        else:
            words.append(word.replace("{}", str(folder)))
    return words


if __name__ == "__main__":
    main()
