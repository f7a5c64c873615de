"""GM0005: an object has a kind or version that does not exist."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.fields.types import wrong_type
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0005",
    name="object-type-unknown",
    severity=Severity.ERROR,
    title="An object has a kind or version that does not exist",
    means="No version of Kubernetes or Istio that we know serves an object of this apiVersion and kind.",
    why="The API server refuses the object; in a folder of files nobody notices that it has no effect.",
    fix="Write the apiVersion and kind that the message suggests.",
    message="{problem}{hint}",
    reads=(),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each object whose type is near to one of Istio's but is none."""
    for obj in snapshot.objects:
        wrong = wrong_type(obj)
        if wrong is not None:
            hint = f"; did you mean '{wrong.meant}'?" if wrong.meant else ""
            yield META.on(obj, wrong.path, problem=wrong.problem, hint=hint)
