"""IST0135: an annotation of Istio is deprecated."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.annotations import CARRIERS, istio_names, registry
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0135",
    name="annotation-deprecated",
    severity=Severity.INFO,
    title="An annotation of Istio is deprecated",
    means="Istio still reads this annotation, but asks to use something else.",
    why="A later version of Istio may drop it, and what it sets is then silently gone.",
    fix="Use what Istio's reference names instead; for sidecar.istio.io/inject that is the label of the same name.",
    message="annotation {name!r} is deprecated",
    reads=CARRIERS,
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0135/",
)

_INJECT = "sidecar.istio.io/inject"


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each deprecated annotation; inject is excused by the label of that name."""
    for kind in CARRIERS:
        for obj in snapshot.each(kind):
            for name in istio_names(obj):
                known = registry().get(name)
                if known is None or not known.deprecated or (name == _INJECT and name in obj.labels):
                    continue
                yield META.on(obj, ("metadata", "annotations", name), name=name)
