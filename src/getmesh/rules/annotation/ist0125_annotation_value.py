"""IST0125: an annotation of Istio has a value that Istio does not take."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.annotations import CARRIERS, istio_names, registry, value_problem
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0125",
    name="annotation-value-refused",
    severity=Severity.WARNING,
    title="An annotation of Istio has a value that does not work",
    means="Istio cannot read the value of this annotation.",
    why="Injection of the Pod fails, or the setting is dropped and the proxy starts with the default.",
    fix="Give the annotation a value of the form that the message names.",
    message="annotation {name!r} has value {value!r}: {problem}",
    reads=CARRIERS,
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "A quantity with a gigantic exponent keeps the analyzer busy for hours.",
            "Exponents of more than nine digits are refused at once.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0125/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each annotation on its right kind whose value is refused."""
    for kind in CARRIERS:
        for obj in snapshot.each(kind):
            for name in istio_names(obj):
                known = registry().get(name)
                if known is None or kind not in known.kinds:
                    continue
                problem = value_problem(obj, name)
                if problem:
                    path = ("metadata", "annotations", name)
                    yield META.on(obj, path, name=name, value=obj.annotations[name], problem=problem)
