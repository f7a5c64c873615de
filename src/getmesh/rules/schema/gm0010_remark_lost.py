"""GM0010: Istio's validation has a remark that it loses on the way."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.families import view_for
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation import CHECKS, Validation

META = RuleMeta(
    code="GM0010",
    name="field-without-effect",
    severity=Severity.WARNING,
    title="A field has a value that Istio would warn about if it did not drop the warning",
    means=(
        "Istio's validation knows that this field is ignored, old or without effect, but drops what it finds inside"
        " subsets, settings per port, matches and faults."
    ),
    why="The same field elsewhere earns a warning (IST0133); here its effect is missing just the same, in silence.",
    fix="Write the field as the message suggests.",
    message="{problem}",
    reads=tuple(sorted(CHECKS)),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each remark that Istio computes and then drops."""
    for kind in META.reads:
        snapshot.each(kind)  # what is judged below is judged in another view of the same objects
    for obj, faults in view_for(snapshot, "istioctl").service(Validation).faulty:
        for fault in faults.lost:
            yield META.on(obj, fault.path, problem=fault.text)
