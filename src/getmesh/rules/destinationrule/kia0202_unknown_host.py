"""KIA0202: a DestinationRule is for a host that nothing answers to."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_subsets import KialiSubsets
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers

META = RuleMeta(
    code="KIA0202",
    name="destinationrule-unknown-host",
    severity=Severity.ERROR,
    title="DestinationRule is for a host that nothing answers to",
    means=(
        "The host is neither a Service that the rule's namespace sees nor one of its workloads, and no ServiceEntry "
        "that is visible covers it; where the mesh lets traffic to unknown hosts pass this is a warning."
    ),
    why="The policy and the subsets apply to nothing, so traffic runs with defaults that nobody chose.",
    fix=(
        "Correct the host, write it as <service>.<namespace>.svc.cluster.local if it lives in another namespace, "
        "or add a ServiceEntry that every namespace concerned can see."
    ),
    message="host {host!r} is neither a known Service nor covered by a ServiceEntry{viewers}",
    reads=(),
    uses=(KialiSubsets, Viewers),
    since="0.1",
    differs=(
        Difference(
            "kiali",
            "It takes a full Service name only if it ends in the trust domain.",
            "Names that end in cluster.local or the cluster's own DNS suffix are Services whatever the trust domain.",
        ),
    ),
    twin="IST0174",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each rule and severity."""
    subsets, viewers = snapshot.service(KialiSubsets), snapshot.service(Viewers)
    for facts in subsets.judged():
        unknown = subsets.unknown(facts)
        if not unknown:
            continue
        lenient = unknown & viewers.allow_any
        for part, severity in ((lenient, Severity.WARNING), (unknown & ~lenient, Severity.ERROR)):
            if part:
                note = viewers.note(part, facts.seen)
                yield META.on(facts.rule, ("spec", "host"), severity=severity, host=facts.raw, viewers=note)
