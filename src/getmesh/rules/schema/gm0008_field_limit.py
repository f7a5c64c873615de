"""GM0008: a value that Istio would take breaks a rule of the CRD."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.families import view_for
from getmesh.model.fields.oddities import field_name
from getmesh.model.fields.structure import ISTIO_KINDS, Structure
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation import Validation
from getmesh.model.validation.crd_rules import refused

if TYPE_CHECKING:
    from getmesh.model.objects import Object

META = RuleMeta(
    code="GM0008",
    name="field-against-crd",
    severity=Severity.ERROR,
    title="A value breaks a rule of the CRD",
    means="The field has the right type, but the CRD demands more of it: presence, size, range, or a form.",
    why=(
        "The API server of a current Istio refuses the object, even where Istio's own validation lets it pass; so the"
        " files look fine to offline tools and fail in the cluster."
    ),
    fix="Give the field a value within the limit that the message names.",
    message="'{field}' is refused by the CRD: {problem}",
    reads=ISTIO_KINDS,
    uses=(Structure,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each broken rule of a CRD of which Istio's own validation (IST0106) says nothing."""
    said: dict[tuple[str, str, str], list[Path]] = {}
    for obj, faults in view_for(snapshot, "istioctl").service(Validation).faulty:
        said[obj.identity] = [fault.path for fault in faults.errors]
    found: list[tuple[Object, Path, str]] = [
        (obj, oddity.path, oddity.detail) for obj, oddity in snapshot.service(Structure).of("limit")
    ]
    for kind in ISTIO_KINDS:
        for obj in snapshot.each(kind):
            found += ((obj, fault.path, fault.text) for fault in refused(obj, snapshot.settings.istio_version[1]))
    for obj, path, problem in found:
        if not any(_one_place(path, other) for other in said.get(obj.identity, ())):
            yield META.on(obj, path, field=field_name(path), problem=problem)


def _one_place(one: Path, two: Path) -> bool:
    shared = min(len(one), len(two))
    return shared > 1 and one[:shared] == two[:shared]
