"""GM0020: mesh configuration has a field that Istio does not know."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.meshfields import MeshFields
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0020",
    name="meshconfig-field-unknown",
    severity=Severity.WARNING,
    title="Mesh configuration has a field that does not exist",
    means="Istio's mesh configuration has no field of this name at this place.",
    why="Istio ignores the field without a word, so the mesh runs with the default of what it was meant to set.",
    fix="Correct the name as the message suggests, or move the field to where it belongs.",
    message="mesh configuration has no field '{field}'{hint}",
    reads=("ConfigMap", "IstioOperator"),
    uses=(MeshFields,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each unknown field of mesh configuration."""
    for odd in snapshot.service(MeshFields).found:
        if odd.sort == "unknown":
            hint = f"; did you mean '{odd.detail}'?" if odd.detail else ""
            yield META.on(odd.object, odd.path, field=odd.name, hint=hint)
