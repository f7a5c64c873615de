"""The dearest rules on a mesh: CPU seconds, share of the whole, and how many look-ups each made.

usage: rules.py FOLDER [--most N]      FOLDER as made by make_mesh.py
"""

import argparse
import gc
import time

from getmesh.analysis.catalogue import rules
from getmesh.analysis.runner import run
from getmesh.model.snapshot import Settings, Snapshot
from getmesh.sources.reading import read


def main() -> None:
    """Read, judge, and print the dearest rules; a service counts for the rule that asked first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--most", type=int, default=10)
    options = parser.parse_args()
    gc.disable()
    begun = time.process_time()
    reading = read([options.folder], jobs=1)
    result = run(Snapshot(reading.objects, Settings(now=time.time())), rules())
    whole = time.process_time() - begun
    print(f"{len(reading.objects)} objects, {whole:.2f} s of CPU, {len(result.findings)} findings")
    for code in sorted(result.seconds, key=lambda code: -result.seconds[code])[: options.most]:
        seconds = result.seconds[code]
        print(f"{code} {seconds:7.3f} s {seconds / whole:6.1%} {result.lookups[code]:>9} look-ups")


if __name__ == "__main__":
    main()
