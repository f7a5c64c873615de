"""GM0021: mesh configuration has a value that Istio cannot read."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.fixes import shown
from getmesh.model.meshfields import MeshFields
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0021",
    name="meshconfig-field-of-wrong-type",
    severity=Severity.ERROR,
    title="Mesh configuration has a value of the wrong type",
    means="A field of mesh configuration asks for another type of value, or for less or more of it.",
    why=(
        "Istio refuses the whole mesh configuration for one such value: a running istiod keeps the old one, and a new"
        " one does not start."
    ),
    fix="Write a value of the kind that the message names.",
    message="'{field}' of mesh configuration is {value}, but {problem}",
    reads=("ConfigMap", "IstioOperator"),
    uses=(MeshFields,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each value of mesh configuration that does not fit its field."""
    for odd in snapshot.service(MeshFields).found:
        if odd.sort in ("type", "limit"):
            yield META.on(odd.object, odd.path, field=odd.name, value=shown(odd.value), problem=odd.detail)
