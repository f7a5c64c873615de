"""Work grows with the mesh, not with its square: counted, so that the machine's mood plays no part."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import getmesh
from getmesh.analysis.catalogue import rules
from getmesh.analysis.runner import Result, run
from getmesh.model.snapshot import Settings, Snapshot
from getmesh.sources.reading import read

MAKER = Path(__file__).resolve().parents[2] / "bench" / "make_mesh.py"
SOURCE = str(Path(getmesh.__file__).parent)
RULES = rules()
LARGER = pytest.mark.parametrize("larger", [(8, 12), (4, 24)], ids=["twice the namespaces", "twice the services"])


def mesh(folder: Path, namespaces: int, services: int) -> Snapshot:
    """Make a mesh in which one object in twenty has a fault."""
    size = ["--namespaces", str(namespaces), "--services", str(services), "--faults", "0.05"]
    subprocess.run([sys.executable, str(MAKER), str(folder), *size], check=True)
    return Snapshot(read([str(folder)], jobs=1).objects, Settings(now=1.8e9))


def judged(snapshot: Snapshot) -> tuple[Result, Counter[str]]:
    """Judge a mesh with every rule; count the lines that run, by module."""
    lines: Counter[str] = Counter()

    def inside(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            lines[frame.f_code.co_filename] += 1
        return inside

    def called(frame: FrameType, _event: str, _: Any) -> Any:
        return inside if frame.f_code.co_filename.startswith(SOURCE) else None

    before = sys.gettrace()
    sys.settrace(called)
    try:
        result = run(snapshot, RULES)
    finally:
        sys.settrace(before)
    return result, Counter({name.removeprefix(SOURCE): count for name, count in lines.items()})


@LARGER
def test_twice_the_mesh_costs_twice_the_work(tmp_path: Path, larger: tuple[int, int]) -> None:
    few, little = judged(mesh(tmp_path / "small", 4, 12))
    many, much = judged(mesh(tmp_path / "large", *larger))
    assert few.crashes == many.crashes == []
    looked_up = {code: (few.lookups[code], many.lookups[code]) for code in many.lookups}
    assert {code: (low, high) for code, (low, high) in looked_up.items() if high > 2.2 * low + 50} == {}
    run_through = {name: (little[name], much[name]) for name in much}
    assert {name: (low, high) for name, (low, high) in run_through.items() if high > 2.2 * low + 200} == {}


def test_every_rule_that_ran_was_counted(tmp_path: Path) -> None:
    result, lines = judged(mesh(tmp_path / "mesh", 2, 3))
    assert len(result.lookups) > 100
    assert sum(result.lookups.values()) > 100
    assert len([name for name in lines if name.startswith("/rules/")]) > 100
