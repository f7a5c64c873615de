"""GM0009: kubernetes refuses the name, a label or an annotation."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.fixes import with_mend
from getmesh.model.fields.oddities import Mend
from getmesh.model.kinds import BY_KEY
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation.metadata import check_metadata

META = RuleMeta(
    code="GM0009",
    name="metadata-refused",
    severity=Severity.ERROR,
    title="Kubernetes refuses the name, a label or an annotation",
    means="A name, label or annotation breaks the syntax that Kubernetes demands of all objects.",
    why="The API server refuses the object whatever its spec says.",
    fix="Write names in lower-case letters, digits and dashes, and labels of at most 63 characters.",
    message="{problem}",
    reads=(),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each part of the metadata that the API server refuses, for kinds that we know."""
    for obj in snapshot.objects:
        if obj.key not in BY_KEY:
            continue
        for fault in check_metadata(obj).errors:
            finding = META.on(obj, fault.path, problem=fault.text)
            unquoted = isinstance(obj.field(*fault.path).value, (bool, int, float))
            yield with_mend(finding, Mend("quote") if unquoted else None)
