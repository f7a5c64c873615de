"""Measures how fast YAML becomes objects.

usage: read_yaml.py FOLDER [--jobs N] [--rounds N]

Prints, per round, megabytes, objects, seconds of wall and processor time, and MB/s of each. Processor time is that of
this process alone: with one job it tells the speed of one core, whatever else the machine does.
"""

import argparse
import time
from pathlib import Path

from getmesh.sources.reading import read


def main() -> None:
    """Read a folder some times and print the speed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    size = sum(path.stat().st_size for path in args.folder.rglob("*") if path.is_file()) / 1e6
    for _ in range(args.rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        reading = read([str(args.folder)], jobs=args.jobs)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(
            f"{size:.1f} MB, {len(reading.objects)} objects, {args.jobs} jobs: "
            f"{wall:.2f} s wall {size / wall:.1f} MB/s, {cpu:.2f} s processor {size / cpu:.1f} MB/s"
        )


if __name__ == "__main__":
    main()
