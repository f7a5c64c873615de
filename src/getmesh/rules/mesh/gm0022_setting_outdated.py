"""GM0022: mesh configuration has a field that is deprecated or gone."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.meshfields import MeshFields
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0022",
    name="meshconfig-field-outdated",
    severity=Severity.WARNING,
    title="Mesh configuration has a field that is deprecated or gone",
    means="Istio asks to use something else for this field, or reads it no longer.",
    why="A field that is gone has no effect, and a deprecated one loses its effect with some later upgrade.",
    fix="Use what the message names, or remove the field.",
    message="'{field}' of mesh configuration is {state}",
    reads=("ConfigMap", "IstioOperator"),
    uses=(MeshFields,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each field of mesh configuration that is deprecated or gone."""
    for odd in snapshot.service(MeshFields).found:
        if odd.sort == "deprecated":
            yield META.on(odd.object, odd.path, field=odd.name, state=_deprecated(odd.detail))
        elif odd.sort == "gone":
            since = odd.detail if odd.detail == "long ago" else f"since Istio {odd.detail}"
            yield META.on(odd.object, odd.path, field=odd.name, state=f"gone {since}")


def _deprecated(instead: str) -> str:
    return f"deprecated; use '{instead}'" if instead else "deprecated"
