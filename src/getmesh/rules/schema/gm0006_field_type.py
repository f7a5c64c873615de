"""GM0006: a field has a value of the wrong type."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.fixes import shown, with_mend
from getmesh.model.fields.structure import ISTIO_KINDS, Structure
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0006",
    name="field-of-wrong-type",
    severity=Severity.ERROR,
    title="A field has a value of the wrong type",
    means="The CRD asks for another type of value at this place.",
    why=(
        "The API server refuses the object, and tools that read files skip it: whatever else is wrong with it"
        " goes unseen."
    ),
    fix=(
        "Write a value of the type that the message names; quotes make a string of a number, and only bare"
        " words are true or false."
    ),
    message="'{field}' is {value}, but {problem}",
    reads=ISTIO_KINDS,
    uses=(Structure,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each value of a wrong type, with a mend where quotes or case are all that is wrong."""
    for obj, oddity in snapshot.service(Structure).of("type"):
        value = obj.field(*oddity.path).value
        finding = META.on(obj, oddity.path, field=oddity.name, value=shown(value), problem=oddity.detail)
        yield with_mend(finding, oddity.mend)
