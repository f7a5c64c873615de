"""KIA0209: a subset has no labels."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_subsets import KialiSubsets
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, Viewers

META = RuleMeta(
    code="KIA0209",
    name="destinationrule-subset-without-labels",
    severity=Severity.WARNING,
    title="A subset has no labels",
    means=(
        "Nothing tells this subset from the whole Service; it is only a note "
        "where another subset of the rule has endpoints."
    ),
    why="Traffic that is meant for one version goes to all of them.",
    fix="Give the subset the labels of the workloads that it stands for, or drop it.",
    message="subset {subset!r} has no labels, so it stands for every endpoint of {host!r}{viewers}",
    reads=(),
    uses=(KialiSubsets, Viewers),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each subset without labels, and for each severity that viewers give it."""
    subsets, viewers = snapshot.service(KialiSubsets), snapshot.service(Viewers)
    for facts in subsets.judged():
        known = facts.seen & ~subsets.unknown(facts)
        held = subsets.subsets(facts) if known else []
        matched = NOBODY
        for subset in held:
            matched |= subset.matched
        for subset in held:
            if subset.labels:
                continue
            for part, severity in ((known & ~matched, Severity.WARNING), (known & matched, Severity.INFO)):
                if part:
                    yield META.on(
                        facts.rule,
                        ("spec", "subsets", subset.place),
                        severity=severity,
                        subset=subset.name,
                        host=facts.raw,
                        viewers=viewers.note(part, facts.seen),
                    )
