"""IST0106: Istio's validation refuses the object."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation import CHECKS, Validation

META = RuleMeta(
    code="IST0106",
    name="schema-validation-error",
    severity=Severity.ERROR,
    title="A field has a value that Istio refuses",
    means="Istio's own validation of the object fails at this field.",
    why=(
        "The webhook refuses the object when it is applied; where the webhook is off, Istio drops the object or parts"
        " of it, and traffic or access goes on as if it had never been written."
    ),
    fix="Give the field a value that Istio takes; the message says what is wrong with this one.",
    message="{problem}",
    reads=tuple(sorted(CHECKS)),
    uses=(Validation,),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "Hosts of a Gateway that a VirtualService refers to are rewritten in memory before they are validated.",
            "We validate what is written, so errors in those hosts are not lost.",
        ),
        Difference(
            "istioctl",
            "Overlap of localities in `distribute.to` depends on the order in which a map happens to be read.",
            "We report the overlap whatever the order.",
        ),
        Difference(
            "istioctl",
            "A value of an EnvoyFilter is decoded with all of Envoy's descriptors.",
            "We know names and types of Envoy's own messages; one of a package that we do not know is not accused.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0106/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each fault, at its field."""
    for obj, faults in snapshot.service(Validation).faulty:
        for fault in faults.errors:
            yield META.on(obj, fault.path, problem=fault.text)
