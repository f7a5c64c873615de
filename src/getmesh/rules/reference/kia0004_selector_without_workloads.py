"""KIA0004: no workload has the labels that a policy or Sidecar selects."""

from collections.abc import Iterator
from typing import Final

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import match_labels
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.selectors import selector_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import sidecar_labels

META = RuleMeta(
    code="KIA0004",
    name="selector-without-workloads",
    severity=Severity.WARNING,
    title="No workload of the namespace has the labels that a policy or Sidecar selects",
    means=(
        "No pod template in the object's own namespace carries all of these labels; workloads of other namespaces"
        " are not looked at, even for policies of the root namespace."
    ),
    why="The object has no effect, so what it was meant to protect or to limit is neither.",
    fix="Correct the labels of the selector or those of the pod template, or remove the object.",
    message="no workload of namespace {namespace!r} matches the selector {selector!r}",
    reads=("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication", "Sidecar"),
    uses=(KialiMembership, KialiWorkloads),
    since="0.1",
    twin="IST0101",
    differs=(
        Difference(
            "kiali",
            "A WorkloadGroup has the labels of the first WorkloadEntry of any namespace that matches it.",
            "Entries of its own namespace count alone, for a group registers its workloads there.",
        ),
        Difference(
            "kiali",
            "A WorkloadGroup and a controller of one name end as a workload without a name.",
            "The controller, which its Pods prove, keeps the name.",
        ),
    ),
)

_MANAGED_ONLY: Final = frozenset({"AuthorizationPolicy", "PeerAuthentication"})


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each object whose selector matches nothing at home."""
    membership, workloads = snapshot.service(KialiMembership), snapshot.service(KialiWorkloads)
    for kind in META.reads:
        sidecars = kind == "Sidecar"
        path = ("spec", "workloadSelector", "labels") if sidecars else ("spec", "selector", "matchLabels")
        for obj in membership.objects(kind):
            labels = sidecar_labels(obj) if sidecars else match_labels(obj)
            if not labels or (kind in _MANAGED_ONLY and not membership.managed(obj.namespace)):
                continue
            if not workloads.select(obj.namespace, labels):
                yield META.on(obj, path, namespace=obj.namespace, selector=selector_text(labels))
