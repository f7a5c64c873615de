"""KIA0201: two DestinationRules claim the same traffic."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_destinationrules import KialiDestinationRules, RuleFacts
from getmesh.model.kiali_hosts import wildcards_over
from getmesh.model.objects import as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, ViewerSet

META = RuleMeta(
    code="KIA0201",
    name="destinationrule-overlapping-rules",
    severity=Severity.WARNING,
    title="Two DestinationRules claim the same traffic",
    means=(
        "A client that imports both rules has two for one host, or one for a wildcard over the other's host, "
        "and one of them has no subsets or both define a subset of the same name."
    ),
    why="A proxy takes its settings from one rule for a host, so those of the other are lost without a word.",
    fix=(
        "Merge the rules into one for the host, or export each only to the namespaces that are meant to use it; "
        "subsets may be spread over rules as long as their names differ."
    ),
    message="host {host!r} is also claimed by DestinationRule {other} with host {other_host!r}",
    reads=(),
    uses=(KialiDestinationRules,),
    since="0.1",
    differs=(
        Difference(
            "kiali",
            "It takes a full Service name only if it ends in the trust domain.",
            "Names that end in cluster.local or the cluster's own DNS suffix are Services whatever the trust domain.",
        ),
    ),
)


class _Claim:
    """One rule: who imports it, and the names of its subsets."""

    def __init__(self, facts: RuleFacts, inside: ViewerSet) -> None:
        self.facts = facts
        self.inside = inside
        listed = [item for item in as_list(facts.rule.spec.get("subsets")) if item is not None]
        self.names = frozenset(as_text(as_map(item).get("name")) for item in listed)

    def meets(self, other: "_Claim") -> bool:
        """Whether some viewer imports both rules and they can contradict each other."""
        shared = not self.names or not other.names or bool(self.names & other.names)
        return self is not other and shared and bool(self.inside & other.inside)


class _Claims:
    """Rules of one host or of all hosts under a wildcard, with the viewers that import one, and more than one."""

    def __init__(self) -> None:
        self.held: list[_Claim] = []
        self._any = self._whole = (NOBODY, NOBODY)
        self._named: dict[str, tuple[ViewerSet, ViewerSet]] = {}

    def add(self, claim: _Claim) -> None:
        self.held.append(claim)
        self._any = _count(self._any, claim.inside)
        if not claim.names:
            self._whole = _count(self._whole, claim.inside)
        for name in claim.names:
            self._named[name] = _count(self._named.get(name, (NOBODY, NOBODY)), claim.inside)

    def partner(self, claim: _Claim, *, among: bool) -> _Claim | None:
        """Give a rule that meets the claim; walks them only if there is one. `among`: the claim is one of them."""
        place = 1 if among else 0
        if claim.names:
            found = claim.inside & self._whole[0]
            for name in claim.names:
                found |= claim.inside & self._named.get(name, (NOBODY, NOBODY))[place]
        else:
            found = claim.inside & self._any[place]
        return next(filter(claim.meets, self.held)) if found else None


def _count(counts: tuple[ViewerSet, ViewerSet], more: ViewerSet) -> tuple[ViewerSet, ViewerSet]:
    return counts[0] | more, counts[1] | (counts[0] & more)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each rule that meets another; rules that turn mutual TLS on by default are no rivals."""
    rules = snapshot.service(KialiDestinationRules)
    hosts: dict[str, _Claims] = {}
    for facts in rules.all:
        if not facts.wide_mutual and (inside := rules.inside(facts)):
            hosts.setdefault(facts.host.text, _Claims()).add(_Claim(facts, inside))
    wild = {host for host in hosts if host.startswith("*")}
    above = {
        host: [over for over in wildcards_over(host) if over in wild and over != host] if wild else [] for host in hosts
    }
    below: dict[str, _Claims] = {}
    for host, claims in hosts.items():
        for over in above[host]:
            under = below.setdefault(over, _Claims())
            for claim in claims.held:
                under.add(claim)
    for host, claims in hosts.items():
        for claim in claims.held:
            other = claims.partner(claim, among=True)
            for rivals in (*(hosts[over] for over in above[host]), *([below[host]] if host in below else [])):
                other = other or rivals.partner(claim, among=False)
            if other is not None:
                rule, rival = claim.facts.rule, other.facts
                related = (Related(rival.rule, ("spec", "host"), "also claims this traffic"),)
                yield META.on(
                    rule,
                    ("spec", "host"),
                    related=related,
                    host=claim.facts.raw,
                    other=rival.rule.full_name,
                    other_host=rival.raw,
                )
