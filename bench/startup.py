"""Start-up of getmesh against the bare interpreter: medians of interleaved rounds, bytecode compiled.

usage: startup.py [--rounds N] [--getmesh CMD]
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(sys.executable).parent


def measure(commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """Give the median milliseconds of each command."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for round_number in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=False, capture_output=True, env=environment)
            if round_number:  # the first round warms the caches
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) * 1000 for name, values in times.items()}


def main() -> None:
    """Print medians and their ratio to the bare interpreter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--getmesh", default=str(HERE / "getmesh"))
    options = parser.parse_args()
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "getmesh --version": [options.getmesh, "--version"],
        "getmesh --help": [options.getmesh, "--help"],
        "getmesh list": [options.getmesh, "list"],
        "getmesh show": [options.getmesh, "show"],
        "getmesh explain IST0101": [options.getmesh, "explain", "IST0101"],
    }
    found = measure(commands, options.rounds)
    base = found["python -c pass"]
    for name, milliseconds in found.items():
        print(f"{name:<26} {milliseconds:7.1f} ms   {milliseconds / base:5.1f} x")


if __name__ == "__main__":
    main()
