"""GM0011: an object is given twice."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.fields import decodes
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0011",
    name="object-given-twice",
    severity=Severity.WARNING,
    title="An object is given twice",
    means=(
        "Two documents describe an object of the same kind, namespace and name; the later one counts, unless it "
        "cannot be decoded."
    ),
    why=(
        "Whatever only the earlier document says is lost when both are applied, and the order of files"
        " decides which that is."
    ),
    fix="Keep one of the documents, or give one of the objects another name.",
    message="{kind} '{name}' is given before too, at {place}; {outcome}",
    reads=(),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each object that replaces an earlier one of the same identity."""
    for obj in snapshot.objects:
        for note in obj.notes:
            if note.problem == "repeated":
                outcome = "this one replaces it" if decodes(obj) else "that one stays, for this one cannot be decoded"
                yield META.on(obj, note.path, kind=obj.kind, name=obj.full_name, place=note.detail, outcome=outcome)
