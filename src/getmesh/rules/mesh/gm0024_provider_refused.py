"""GM0024: an extension provider cannot work as it is written."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.meshfields import MeshFields
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0024",
    name="meshconfig-provider-refused",
    severity=Severity.WARNING,
    title="An extension provider of mesh configuration cannot work",
    means="A provider of tracing, logging, metrics or authorization lacks what is needed to reach it.",
    why=(
        "Istio only writes a line to its log; policies that name the provider then do nothing, or in the case of CUSTOM"
        " authorization deny everything."
    ),
    fix="Give the provider a unique name, a service and a port as the message says.",
    message="'{field}' of mesh configuration: {problem}",
    reads=("ConfigMap", "IstioOperator"),
    uses=(MeshFields,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each fault of an extension provider."""
    for odd in snapshot.service(MeshFields).found:
        if odd.sort == "provider":
            yield META.on(odd.object, odd.path, field=odd.name, problem=odd.detail)
