"""KIA0108: an AuthorizationPolicy names a principal of a trust domain that the mesh does not know."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_accounts import KialiAccounts
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import entries
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0108",
    name="authorizationpolicy-principal-foreign",
    severity=Severity.WARNING,
    title="AuthorizationPolicy names a principal of an unknown trust domain",
    means="What stands before /ns/ is neither the trust domain of the mesh nor one of its aliases.",
    why="Unless that trust domain is federated, no caller can have this identity and the rule never matches.",
    fix=(
        "Write the mesh's own trust domain, without spiffe://, or add the other one to trustDomainAliases of the mesh "
        "configuration."
    ),
    message="principal {principal!r} is not of trust domain {domain!r} or an alias of it",
    reads=("AuthorizationPolicy",),
    uses=(KialiAccounts, KialiMembership),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia0108",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each principal without stars whose trust domain is unknown."""
    membership = snapshot.service(KialiMembership)
    accounts = snapshot.service(KialiAccounts)
    for policy in membership.objects("AuthorizationPolicy"):
        if membership.managed(policy.namespace):
            for text, path in entries(policy, "from", "source", "principals"):
                if accounts.foreign(text):
                    yield META.on(policy, path, principal=text, domain=accounts.trust_domains[0])
