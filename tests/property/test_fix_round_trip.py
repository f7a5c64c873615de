"""Mending every rule's own examples changes the places of the mends and nothing else."""

import pytest

from getmesh.analysis.cases import Case, read_cases
from getmesh.analysis.catalogue import rules
from getmesh.analysis.runner import run
from getmesh.model.snapshot import Settings, Snapshot
from getmesh.sources.mending import mend
from getmesh.sources.reading import read

RULES = rules(frozenset(f"GM00{number:02}" for number in range(1, 12)))
CASES = [(rule.meta.code, case) for rule in rules() for case in read_cases(rule.cases)]


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[f"{code}-{case.name}" for code, case in CASES])
def test_lines_without_a_mend_stay_as_they_are(case: Case) -> None:
    data = case.config.encode()
    reading = read(["-"], stdin=data, jobs=1)
    findings = run(Snapshot(reading.objects, Settings()), RULES).findings
    wanted = [(finding.object.origin, fix) for finding in findings for fix in finding.fixes]
    found = mend(data, [(origin, fix) for origin, fix in wanted if origin is not None])
    before, after = case.config.splitlines(), found.data.decode().splitlines()
    assert len(before) == len(after)
    changed = sum(old != new for old, new in zip(before, after, strict=True))
    assert changed <= len(found.applied)
    if not found.applied:
        assert found.data == data
    again = read(["-"], stdin=found.data, jobs=1)
    assert [obj.key for obj in again.objects] == [obj.key for obj in reading.objects]
    left = run(Snapshot(again.objects, Settings()), RULES).findings
    assert sum(bool(finding.fixes) for finding in left) <= len(found.refused) + len(found.applied)
