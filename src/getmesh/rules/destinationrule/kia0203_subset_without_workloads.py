"""KIA0203: a subset's labels fit no workload."""

from collections.abc import Iterator, Mapping

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_hosts import KialiHosts
from getmesh.model.kiali_routes import KialiRoutes
from getmesh.model.kiali_subsets import KialiSubsets
from getmesh.model.selectors import selector_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, Viewers, ViewerSet

META = RuleMeta(
    code="KIA0203",
    name="destinationrule-subset-without-workloads",
    severity=Severity.ERROR,
    title="No workload or endpoint has the labels of a subset",
    means=(
        "The rule's host exists, yet nothing behind it carries all labels of this subset; "
        "this is an error where a VirtualService routes to the subset, otherwise only a note."
    ),
    why="Requests that are routed to the subset fail with 503, since it has no endpoint.",
    fix="Deploy workloads whose pod templates carry these labels, correct the labels, or drop the subset.",
    message="no workload behind {host!r} has the labels {labels} of subset {subset!r}{viewers}",
    reads=(),
    uses=(KialiSubsets, KialiRoutes, KialiHosts, Viewers),
    since="0.1",
    twin="IST0173",
    differs=(
        Difference(
            "kiali",
            "It reads the rule's short host in the VirtualService's namespace and the route's in the rule's, "
            "and so overlooks references across namespaces.",
            "Each host is read in the namespace of its own object; only the severity can differ.",
        ),
    ),
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each subset without endpoints, and for each severity that viewers give it."""
    subsets, viewers, hosts = snapshot.service(KialiSubsets), snapshot.service(Viewers), snapshot.service(KialiHosts)
    users = _users(snapshot.service(KialiRoutes))
    for facts in subsets.judged():
        known = facts.seen & ~subsets.unknown(facts)
        for subset in subsets.subsets(facts) if known and facts.rule.spec.get("subsets") else ():
            lacking = known & ~subset.matched if subset.labels else NOBODY
            if not lacking:
                continue
            texts = users.get(subset.name, {})
            used = NOBODY
            for text in hosts.targets(facts.host):
                used |= lacking & texts.get(text, NOBODY)
            for part, severity in ((used, Severity.ERROR), (lacking & ~used, Severity.INFO)):
                if part:
                    yield META.on(
                        facts.rule,
                        ("spec", "subsets", subset.place),
                        severity=severity,
                        host=facts.raw,
                        labels=selector_text(subset.labels),
                        subset=subset.name,
                        viewers=viewers.note(part, facts.seen),
                    )


def _users(routes: KialiRoutes) -> Mapping[str, dict[str, ViewerSet]]:
    """Give, for each subset name and host text, who sees a VirtualService that routes there."""
    found: dict[str, dict[str, ViewerSet]] = {}
    for route, leg in routes.legs():
        if leg.target is not None:
            texts = found.setdefault(leg.subset, {})
            texts[leg.target.text] = texts.get(leg.target.text, NOBODY) | route.seen
    return found
