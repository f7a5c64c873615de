"""Every kind of fault at every call that a rotation makes, there and back: ``python bench/rotation_faults.py``.

The tests try a part of it: all calls, the kinds by turns. Ends at the first thing that broke.
"""

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from getmesh.ca.stages import Way  # noqa: E402 - needs the line above
from tests.fakes.interrupted import FAULTS, perform, scenes  # noqa: E402 - as above


def main() -> int:
    """Try everything; say how much that was."""
    start, faults = time.monotonic(), 0
    for way in Way:
        for multi_root in (True, False):
            for scene in scenes(way, multi_root=multi_root):
                for number in range(len(scene.calls)):
                    for fault in FAULTS:
                        perform(scene, fault, number)
                        faults += 1
            print(f"{way}, ISTIO_MULTIROOT_MESH={str(multi_root).lower()}: {faults} faults so far, nothing broke")
    print(f"{faults} faults in {time.monotonic() - start:.0f} s, nothing broke")
    return 0


if __name__ == "__main__":
    sys.exit(main())
