"""GM0030: a label of Istio has a value that means nothing to it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.istiolabels import CARRIERS, labels, value_problem
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0030",
    name="label-without-meaning",
    severity=Severity.WARNING,
    title="A label of Istio has a value that means nothing",
    means="Istio compares this label with a few fixed values, and this is none of them.",
    why="Injection, ambient mode or a waypoint stays as if the label were not there, without a word from anybody.",
    fix="Write one of the values that the message names, in exactly that spelling.",
    message="label {name!r} has value {value!r}: {problem}",
    reads=CARRIERS,
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each label, of an object or of a Pod template, whose value nobody acts on."""
    for place, _ in labels(snapshot):
        name = str(place.path[-1])
        problem = value_problem(name, place.text)
        if problem:
            yield META.at(place, name=name, value=place.text, problem=problem)
