"""KIA1301: no AuthorizationPolicy covers a workload; off by default."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import match_labels
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1301",
    name="workload-without-authorization-policy",
    severity=Severity.WARNING,
    title="Workload is covered by no AuthorizationPolicy",
    means="No AuthorizationPolicy of the namespace or of the root namespace selects the workload.",
    why="Whoever can reach the workload may call it, unless something else restricts them.",
    fix="Add an AuthorizationPolicy for the workload, or a default one for its namespace.",
    message="no AuthorizationPolicy covers workload {workload!r}",
    reads=("AuthorizationPolicy",),
    uses=(
        KialiMembership,
        KialiWorkloads,
    ),
    since="0.1",
    tags=("ignored-by-default",),
    differs=(
        Difference(
            "kiali",
            "Kiali asks once per managed namespace, each time with that namespace's policies alone, so that it fires "
            "on nearly every workload.",
            "A workload is asked once, with the policies of its own and of the root namespace, and only if its "
            "namespace is managed.",
        ),
    ),
    link="https://kiali.io/docs/features/validations/#kia1301",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each workload of a managed namespace that no policy selects."""
    membership = snapshot.service(KialiMembership)
    workloads = snapshot.service(KialiWorkloads)
    covered: set[tuple[str, str]] = set()
    whole: set[str] = set()
    for policy in membership.objects("AuthorizationPolicy"):
        labels = match_labels(policy)
        everywhere = membership.root(policy.namespace) == policy.namespace
        if not labels:
            whole.add(policy.namespace)
        elif everywhere:
            covered.update(workload.key for workload in workloads.index.select(labels))
        else:
            covered.update(workload.key for workload in workloads.select(policy.namespace, labels))
    for workload in workloads.all:
        root = membership.root(workload.namespace)
        if root and workload.key not in covered and not {root, workload.namespace} & whole:
            yield META.on(workload.subject, workload.labels_path, workload=workload.name)
