"""IST0108: an annotation looks like one of Istio, but Istio has no such annotation."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.annotations import CARRIERS, istio_names, registry
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0108",
    name="annotation-unknown",
    severity=Severity.WARNING,
    title="Istio knows no such annotation",
    means="The name of the annotation lies in Istio's domain, but no version of Istio that we know reads it.",
    why="A misspelt annotation is silently ignored, and so is what it was meant to change.",
    fix="Correct the name, or remove the annotation; mind that some names are labels, not annotations.",
    message="Istio has no annotation {name!r}",
    reads=CARRIERS,
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0108/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each annotation that is not in the registry."""
    for kind in CARRIERS:
        for obj in snapshot.each(kind):
            for name in istio_names(obj):
                if name not in registry():
                    yield META.on(obj, ("metadata", "annotations", name), name=name)
