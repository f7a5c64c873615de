"""IST0133: Istio's validation accepts the object, but warns."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation import CHECKS, Validation

META = RuleMeta(
    code="IST0133",
    name="schema-warning",
    severity=Severity.WARNING,
    title="A field has a value that Istio accepts with a warning",
    means="Istio's own validation of the object passes, with a remark about this field.",
    why="What the field says is ignored, ambiguous or about to disappear, so the mesh may not do what was meant.",
    fix="Write the field as the message suggests.",
    message="{problem}",
    reads=tuple(sorted(CHECKS)),
    uses=(Validation,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0133/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each remark, at its field."""
    for obj, faults in snapshot.service(Validation).faulty:
        for fault in faults.warnings:
            yield META.on(obj, fault.path, problem=fault.text)
