"""KIA0106: an AuthorizationPolicy names a principal that no workload has."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_accounts import KialiAccounts
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import entries
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0106",
    name="authorizationpolicy-principal-missing",
    severity=Severity.ERROR,
    title="AuthorizationPolicy names a principal that no workload has",
    means="No workload of the mesh runs under a service account that the principal stands for.",
    why="The rule never matches: the callers it was written for are rejected, or not stopped.",
    fix="Write it as <trust domain>/ns/<namespace>/sa/<account>, with an account that the callers' Pods use.",
    message="no workload has the principal {principal!r}",
    reads=("AuthorizationPolicy",),
    uses=(KialiAccounts, KialiMembership),
    since="0.1",
    differs=(
        Difference(
            "kiali",
            "Kiali knows the accounts of running Pods only.",
            "Where there is no Pod at all, those that pod templates name count, so that manifests can be judged alone.",
        ),
        Difference(
            "kiali",
            "Kiali reads a principal with a star at an end as a regular expression in which every star means anything, "
            "and fails on unbalanced brackets.",
            "One star, at the start or else at the end, means anything and the rest is plain text, as it is for Istio.",
        ),
    ),
    link="https://kiali.io/docs/features/validations/#kia0106---service-account-not-found-for-this-principal",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each principal of a trust domain of ours that stands for no identity."""
    membership = snapshot.service(KialiMembership)
    accounts = snapshot.service(KialiAccounts)
    for policy in membership.objects("AuthorizationPolicy"):
        if membership.managed(policy.namespace):
            for text, path in entries(policy, "from", "source", "principals"):
                if not accounts.satisfied(text) and not accounts.foreign(text):
                    yield META.on(policy, path, principal=text)
