"""IST0107: an annotation of Istio stands on a kind that it does not work on."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.annotations import CARRIERS, istio_names, registry
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0107",
    name="annotation-misplaced",
    severity=Severity.WARNING,
    title="An annotation of Istio stands where nobody reads it",
    means="Istio reads this annotation on other kinds only.",
    why="The annotation does nothing: a Deployment's own annotations, for one, do not reach its Pods.",
    fix="Move the annotation to a kind that it works on; for Pods of a Deployment that is the template's metadata.",
    message="annotation {name!r} works on {kinds}, not on {kind}",
    reads=CARRIERS,
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0107/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each annotation on a wrong kind."""
    for kind in CARRIERS:
        for obj in snapshot.each(kind):
            for name in istio_names(obj):
                known = registry().get(name)
                if known is not None and "Any" not in known.kinds and kind not in known.kinds:
                    path = ("metadata", "annotations", name)
                    yield META.on(obj, path, name=name, kinds=" and ".join(known.kinds), kind=kind)
