"""GM0003: a field is deprecated."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.fixes import with_mend
from getmesh.model.fields.structure import ISTIO_KINDS, Structure
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0003",
    name="field-deprecated",
    severity=Severity.WARNING,
    title="A field is deprecated",
    means="Istio still reads the field, but asks to use another one.",
    why="A later version of Istio may drop the field, and what it sets is then silently gone.",
    fix="Use the field that the message names; where the meaning differs, Istio's reference says how.",
    message="'{field}' is deprecated{hint}",
    reads=ISTIO_KINDS,
    uses=(Structure,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each deprecated field, with a rename where that is all that is needed."""
    for obj, oddity in snapshot.service(Structure).of("deprecated"):
        hint = f"; use '{oddity.detail}'" if oddity.detail else ""
        yield with_mend(META.on(obj, oddity.path, field=oddity.name, hint=hint), oddity.mend)
