"""KIA1107: a route leads to a subset that no DestinationRule defines."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_destinationrules import KialiDestinationRules
from getmesh.model.kiali_hosts import KialiHost, KialiHosts, wildcards_over
from getmesh.model.kiali_routes import KialiRoutes
from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, Viewers, ViewerSet

META = RuleMeta(
    code="KIA1107",
    name="virtualservice-unknown-subset",
    severity=Severity.WARNING,
    title="A route leads to a subset that no DestinationRule defines",
    means=(
        "No DestinationRule for the host, or for a wildcard over it, that is visible to every client of the route "
        "defines a subset of that name."
    ),
    why="Requests on this route fail with 503, since the proxy has no cluster for the subset.",
    fix=(
        "Define the subset in a DestinationRule for the host, correct its name, "
        "or export the rule to the namespaces that see the VirtualService."
    ),
    message="subset {subset!r} of host {host!r} is defined by no DestinationRule{viewers}",
    reads=(),
    uses=(KialiDestinationRules, KialiHosts, KialiRoutes, Viewers),
    since="0.1",
    differs=(
        Difference(
            "kiali",
            "It takes a full Service name only if it ends in the trust domain.",
            "Names that end in cluster.local or the cluster's own DNS suffix are Services whatever the trust domain.",
        ),
    ),
    twin="IST0101",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each destination whose subset some client of the route does not find."""
    viewers, hosts = snapshot.service(Viewers), snapshot.service(KialiHosts)
    rules = snapshot.service(KialiDestinationRules)
    defined, wild = _defined(rules), any(facts.host.is_wildcard for facts in rules.all)
    memo: dict[tuple[str, str], ViewerSet] = {}
    for routes in snapshot.service(KialiRoutes).all:
        legs = [leg for held in routes.lists for leg in held if leg.subset]
        inside = _inside(viewers, routes.route) if legs else NOBODY
        for leg in legs:
            if leg.target is None:
                continue
            key = leg.subset, leg.target.text
            if key not in memo:
                memo[key] = _finding(defined.get(leg.subset, {}), leg.target, hosts, wild=wild)
            lacking = inside & ~memo[key]
            if lacking:
                note = viewers.note(lacking, routes.seen)
                path = (*leg.path, "destination")
                yield META.on(routes.route, path, subset=leg.subset, host=leg.host, viewers=note)


def _inside(viewers: Viewers, route: Object) -> ViewerSet:
    return viewers.inside(route, [host for host in as_list(route.spec.get("hosts")) if isinstance(host, str)])


def _defined(rules: KialiDestinationRules) -> dict[str, dict[str, ViewerSet]]:
    """Give, for each subset name and host text, the viewers that import a rule which defines it."""
    found: dict[str, dict[str, ViewerSet]] = {}
    for facts in rules.all:
        names = {as_text(as_map(item).get("name")) for item in as_list(facts.rule.spec.get("subsets"))}
        inside = rules.inside(facts) if names else NOBODY
        for name in names:
            texts = found.setdefault(name, {})
            texts[facts.host.text] = texts.get(facts.host.text, NOBODY) | inside
    return found


def _finding(texts: dict[str, ViewerSet], host: KialiHost, hosts: KialiHosts, *, wild: bool) -> ViewerSet:
    found = NOBODY
    for text in hosts.targets(host) if texts else ():
        found |= texts.get(text, NOBODY)
    for text in wildcards_over(host.text) if texts and wild else ():
        found |= texts.get(text, NOBODY)
    return found
