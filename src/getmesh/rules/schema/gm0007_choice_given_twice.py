"""GM0007: several alternatives are given where only one counts."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.fields.structure import ISTIO_KINDS, Structure
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0007",
    name="choice-given-twice",
    severity=Severity.WARNING,
    title="Several alternatives are given where only one counts",
    means=(
        "Of the fields of a choice more than one is set; Istio takes the one that its API declares last and"
        " drops the others."
    ),
    why="What the dropped field says never happens; the API server of a cluster refuses such an object.",
    fix="Keep only the field that is meant.",
    message="'{field}' is dropped, since '{other}' is given too and only one of them counts",
    reads=ISTIO_KINDS,
    uses=(Structure,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each field of a choice that another one displaces."""
    for obj, oddity in snapshot.service(Structure).of("choice"):
        yield META.on(obj, oddity.path, field=oddity.name, other=oddity.detail)
