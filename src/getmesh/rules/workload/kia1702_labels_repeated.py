"""KIA1702: WorkloadGroups of one namespace have the same labels."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import Object, as_strings
from getmesh.model.paths import Path
from getmesh.model.selectors import selector_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1702",
    name="workloadgroup-labels-repeated",
    severity=Severity.WARNING,
    title="WorkloadGroups of a namespace have the same labels",
    means="Two WorkloadGroups of one namespace give their machines the same labels.",
    why="What selects one of the groups selects the other too, so that their machines cannot be told apart.",
    fix="Give each group a label of its own.",
    message="WorkloadGroup {other!r} has the same labels {labels}",
    reads=("WorkloadGroup",),
    uses=(KialiMembership,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1702",
)

PATH: Final[Path] = ("spec", "metadata", "labels")


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each of several groups with equal labels, none at all included."""
    membership = snapshot.service(KialiMembership)
    grouped: dict[tuple[str, str], list[Object]] = {}
    for group in membership.objects("WorkloadGroup"):
        metadata = group.spec.get("metadata")
        if isinstance(metadata, dict):
            text = selector_text(as_strings(metadata.get("labels")))
            grouped.setdefault((group.namespace, text), []).append(group)
    for (_, text), groups in grouped.items():
        for group in groups if len(groups) > 1 else ():
            other = groups[1] if group is groups[0] else groups[0]
            related = (Related(other, PATH, "has them too"),)
            yield META.on(group, PATH, related=related, other=other.name, labels=repr(text))
