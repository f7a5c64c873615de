"""GM0001: a field does not exist."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.fixes import with_mend
from getmesh.model.fields.structure import ISTIO_KINDS, Structure
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0001",
    name="field-unknown",
    severity=Severity.ERROR,
    title="A field does not exist",
    means="The kind has no field of this name, or only in another spelling.",
    why=(
        "A strict API server refuses the object; any other drops the field without a word, and what it should"
        " do never happens."
    ),
    fix="Correct the name as the message suggests, or remove the field.",
    message="{kind} has no field '{field}' here{hint}",
    reads=ISTIO_KINDS,
    uses=(Structure,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each unknown field, with a rename where only one name can be meant."""
    for obj, oddity in snapshot.service(Structure).of("unknown"):
        hint = f"; did you mean '{oddity.detail}'?" if oddity.detail else ""
        yield with_mend(META.on(obj, oddity.path, kind=obj.kind, field=oddity.name, hint=hint), oddity.mend)
