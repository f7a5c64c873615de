"""GM0004: a key is given twice in one map."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0004",
    name="key-given-twice",
    severity=Severity.WARNING,
    title="A key is given twice in one map",
    means="The document gives the same key more than once; only the last one counts.",
    why="What the earlier ones say is lost without a word, often after a merge of two branches or a copied block.",
    fix="Remove all but one of the keys, or merge what they hold.",
    message="key '{key}' is given more than once; only the last one counts",
    reads=(),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each key that was repeated, at the place of the one that counts."""
    for obj in snapshot.objects:
        for note in obj.notes:
            if note.problem == "duplicate-key":
                yield META.on(obj, note.path, key=note.detail)
