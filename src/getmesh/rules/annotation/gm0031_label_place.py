"""GM0031: a label of Istio is misspelt, or stands where nobody reads it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.istiolabels import CARRIERS, labels, place_problem
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0031",
    name="label-without-reader",
    severity=Severity.WARNING,
    title="A label of Istio is misspelt or stands where nobody reads it",
    means="No part of Istio reads this label on this kind of object.",
    why="What the label asks for does not happen: a Deployment's own labels, for one, do not reach its Pods.",
    fix="Correct the name, or put the label on a kind that the message names; for Pods that is the template.",
    message="label {name!r} {problem}",
    reads=CARRIERS,
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each label that nobody reads where it stands."""
    for place, kind in labels(snapshot):
        name = str(place.path[-1])
        problem = place_problem(name, kind)
        if problem:
            yield META.at(place, name=name, problem=problem)
