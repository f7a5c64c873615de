"""Work grows with the mesh, not with its square: counted in look-ups, so that the machine's mood plays no part."""

import subprocess
import sys
from pathlib import Path

import pytest

from getmesh.analysis.catalogue import rules
from getmesh.analysis.runner import Result, run
from getmesh.model.snapshot import Settings, Snapshot
from getmesh.sources.reading import read

MAKER = Path(__file__).resolve().parents[2] / "bench" / "make_mesh.py"
RULES = rules()


def judged(folder: Path, namespaces: int, services: int) -> Result:
    """Make a mesh and judge it with every rule."""
    size = ["--namespaces", str(namespaces), "--services", str(services), "--faults", "0.05"]
    subprocess.run([sys.executable, str(MAKER), str(folder), *size], check=True)
    return run(Snapshot(read([str(folder)], jobs=1).objects, Settings(now=1.8e9)), RULES)


@pytest.mark.parametrize("larger", [(8, 12), (4, 24)], ids=["twice the namespaces", "twice the services"])
def test_twice_the_mesh_costs_twice_the_look_ups(tmp_path: Path, larger: tuple[int, int]) -> None:
    small = judged(tmp_path / "small", 4, 12)
    large = judged(tmp_path / "large", *larger)
    assert small.crashes == large.crashes == []
    grown = {
        code: (small.lookups[code], large.lookups[code])
        for code in large.lookups
        if large.lookups[code] > 2.2 * small.lookups[code] + 50
    }
    assert grown == {}


def test_every_rule_that_ran_was_counted(tmp_path: Path) -> None:
    result = judged(tmp_path / "mesh", 2, 3)
    assert len(result.lookups) > 100
    assert sum(result.lookups.values()) > 100
