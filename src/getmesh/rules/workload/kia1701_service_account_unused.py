"""KIA1701: the template of a WorkloadGroup names a service account that nothing uses."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_accounts import KialiAccounts
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1701",
    name="workloadgroup-service-account-unused",
    severity=Severity.WARNING,
    title="WorkloadGroup names a service account that no workload uses",
    means="No workload in the WorkloadGroup's namespace runs under the service account of its template.",
    why="The account may not exist; then machines that join the group get no certificate and cannot enter the mesh.",
    fix="Correct spec.template.serviceAccount, or create the account.",
    message="no workload uses service account {account!r} of namespace {namespace}",
    reads=("WorkloadGroup",),
    uses=(
        KialiAccounts,
        KialiMembership,
    ),
    since="0.1",
    differs=(
        Difference(
            "kiali",
            "Kiali knows the accounts of running Pods only.",
            "Where there is no Pod at all, those that pod templates name count, so that manifests can be judged alone.",
        ),
    ),
    link="https://kiali.io/docs/features/validations/#kia1701",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each group of a known namespace whose account no workload proves."""
    membership = snapshot.service(KialiMembership)
    accounts = snapshot.service(KialiAccounts)
    domain = accounts.trust_domains[0]
    for group in membership.objects("WorkloadGroup"):
        place = group.field("spec", "template", "serviceAccount")
        if place.text and not accounts.has(f"{domain}/ns/{group.namespace}/sa/{place.text}"):
            yield META.at(place, account=place.text, namespace=group.namespace)
