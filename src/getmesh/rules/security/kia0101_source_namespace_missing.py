"""KIA0101: an AuthorizationPolicy names a source namespace that is not there."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import entries
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0101",
    name="authorizationpolicy-source-namespace-missing",
    severity=Severity.WARNING,
    title="AuthorizationPolicy names a source namespace that does not exist",
    means="No namespace has the name, or fits the pattern, that the rule expects its callers to come from.",
    why="The rule never matches: an ALLOW policy rejects the callers it was written for, a DENY policy stops none.",
    fix="Correct the name, or create the namespace; patterns have one star, at the start or at the end.",
    message="no namespace is named {namespace!r}",
    reads=("AuthorizationPolicy",),
    uses=(KialiMembership,),
    since="0.1",
    twin="IST0101",
    link="https://kiali.io/docs/features/validations/#kia0101---namespace-not-found-for-this-rule",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each entry of ``source.namespaces`` that no known namespace satisfies."""
    membership = snapshot.service(KialiMembership)
    names = sorted(membership.visible)
    ends = sorted(name[::-1] for name in names)
    for policy in membership.objects("AuthorizationPolicy"):
        if not membership.managed(policy.namespace):
            continue
        for text, path in entries(policy, "from", "source", "namespaces"):
            if text != "*" and text not in membership.visible and not _fits(text, names, ends):
                yield META.on(policy, path, namespace=text)


def _fits(text: str, names: Sequence[str], ends: Sequence[str]) -> bool:
    """Whether a pattern fits some name; a star that ends it makes every other star literal."""
    if text.endswith("*"):
        return _starts(names, text[:-1])
    return text.startswith("*") and _starts(ends, text[:0:-1])


def _starts(names: Sequence[str], beginning: str) -> bool:
    place = bisect_left(names, beginning)
    return place < len(names) and names[place].startswith(beginning)
