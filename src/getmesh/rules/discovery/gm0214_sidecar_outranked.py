"""GM0214: istiod passes a Sidecar over for another one."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.outranked import Outranked, OutrankedSidecars
from getmesh.model.snapshot import Snapshot

SHOWN = 3
META = RuleMeta(
    code="GM0214",
    name="sidecar-outranked",
    severity=Severity.WARNING,
    title="A Sidecar is passed over for another one",
    means=(
        "Two Sidecars of a namespace claim the same workloads. istiod does not merge them: of those with a workload"
        " selector it takes the oldest that fits, else the oldest one without, and equally old ones by name."
    ),
    why="What the other one says has no effect there, and after the first is made anew, their roles change.",
    fix="Merge the two, or narrow their workload selectors until each workload is claimed by one Sidecar.",
    message="{where} istiod takes sidecar '{winner}' instead, {reason}",
    reads=(),
    uses=(OutrankedSidecars,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Sidecar and the one that is taken instead."""
    for item in snapshot.service(OutrankedSidecars).found:
        yield META.on(
            item.sidecar, ("metadata", "name"), where=_where(item), winner=item.winner.name, reason=item.reason
        )


def _where(item: Outranked) -> str:
    if not item.pods:
        return "for every workload"
    more = f" and {len(item.pods) - SHOWN} more" if len(item.pods) > SHOWN else ""
    return f"for {'pod' if len(item.pods) == 1 else 'pods'} {', '.join(item.pods[:SHOWN])}{more}"
