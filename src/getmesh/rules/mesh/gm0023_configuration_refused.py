"""GM0023: Istio refuses the mesh configuration as a whole."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.meshfields import MeshFields
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0023",
    name="meshconfig-refused",
    severity=Severity.ERROR,
    title="Mesh configuration has a value that Istio refuses",
    means="Istio's validation of the mesh configuration fails at this field.",
    why=(
        "One such value makes Istio refuse the whole of it: a running istiod keeps what it had, a new one goes"
        " on with its defaults."
    ),
    fix="Give the field a value that Istio takes; the message says what is wrong with this one.",
    message="'{field}' of mesh configuration is refused: {problem}",
    reads=("ConfigMap", "IstioOperator"),
    uses=(MeshFields,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each value that Istio's validation of mesh configuration refuses."""
    for odd in snapshot.service(MeshFields).found:
        if odd.sort == "refused":
            yield META.on(odd.object, odd.path, field=odd.name, problem=odd.detail)
