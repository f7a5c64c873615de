"""Mends of findings in every case: applied, they leave comments and layout alone, and their findings are gone."""

from collections import Counter

from getmesh.analysis.cases import read_cases
from getmesh.analysis.catalogue import Rule
from getmesh.analysis.runner import run
from getmesh.sources.mending import mend
from getmesh.sources.reading import read
from tests.catalogue.worlds import settings, world


def _annotated(config: str) -> str:
    """Put a comment above every line that begins a key, so that a lost comment shows."""
    return "".join(f"# above\n{line}" if line[:1].isalpha() else line for line in config.splitlines(keepends=True))


def test_mends_keep_comments_and_layout_and_settle_their_findings(rule: Rule) -> None:
    for case in read_cases(rule.cases):
        snapshot, _ = world(case)
        text = _annotated(case.config).encode()
        reading = read(["-"], stdin=text, jobs=1)
        found = run(type(snapshot)(reading.objects, settings(case.settings, case.mesh)), [rule]).findings
        wanted = [(finding.object.origin, fix) for finding in found for fix in finding.fixes]
        mended = mend(text, [(origin, fix) for origin, fix in wanted if origin is not None])
        if not mended.applied:
            assert mended.data == text, case.name
            continue
        assert mended.data.count(b"# above\n") == text.count(b"# above\n"), case.name
        lines, before = mended.data.splitlines(), text.splitlines()
        changed = sum((Counter(lines) - Counter(before)).values())
        assert changed <= len(mended.applied), case.name
        again = read(["-"], stdin=mended.data, jobs=1)
        left = run(type(snapshot)(again.objects, settings(case.settings, case.mesh)), [rule]).findings
        assert sum(len(finding.fixes) for finding in left) <= len(wanted) - len(mended.applied), case.name
