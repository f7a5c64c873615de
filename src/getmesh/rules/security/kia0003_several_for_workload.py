"""KIA0003: the selectors of several Sidecars or PeerAuthentications meet on one workload."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from getmesh.analysis import Difference, Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import match_labels
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.objects import Object
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import sidecar_labels

META = RuleMeta(
    code="KIA0003",
    name="policy-several-for-workload",
    severity=Severity.ERROR,
    title="Several Sidecars or PeerAuthentications of one namespace select the same workload",
    means=(
        "Two objects of the kind in one namespace have selectors that a workload of this namespace satisfies "
        "both; PeerAuthentications of the root namespace are tried on the workloads of every namespace."
    ),
    why="A workload takes only one of them, and which one depends on their age.",
    fix="Make the selectors exclude each other, or merge the objects.",
    message="workload {workload} is selected by {kind} {other} too",
    reads=("PeerAuthentication", "Sidecar"),
    uses=(KialiMembership, KialiWorkloads),
    since="0.1",
    twin="IST0110",
    differs=(
        Difference(
            "kiali",
            "It tries the selectors on the workloads of every namespace, whatever namespace the objects are in.",
            "A selector reaches workloads of its own namespace only, and of all if a policy is in the root namespace.",
        ),
    ),
)

_Selectors = Mapping[frozenset[tuple[str, str]], list[Object]]


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each object whose selector meets another's on a workload."""
    membership, workloads = snapshot.service(KialiMembership), snapshot.service(KialiWorkloads)
    sidecars: Mapping[str, dict[frozenset[tuple[str, str]], list[Object]]] = defaultdict(dict)
    for sidecar in membership.objects("Sidecar"):
        if labels := sidecar_labels(sidecar):
            sidecars[sidecar.namespace].setdefault(frozenset(labels.items()), []).append(sidecar)
    policies: Mapping[str, dict[frozenset[tuple[str, str]], list[Object]]] = defaultdict(dict)
    for policy in membership.objects("PeerAuthentication"):
        if (labels := match_labels(policy)) and membership.managed(policy.namespace):
            policies[policy.namespace].setdefault(frozenset(labels.items()), []).append(policy)
    for namespace, selectors in sidecars.items():
        yield from _meeting(selectors, workloads, namespace, ("spec", "workloadSelector"))
    for namespace, selectors in policies.items():
        everywhere = membership.root(namespace) == namespace
        yield from _meeting(selectors, workloads, "" if everywhere else namespace, ("spec", "selector"))


def _meeting(selectors: _Selectors, workloads: KialiWorkloads, namespace: str, path: Path) -> Iterator[Finding]:
    """Yield the findings among the selectors of one namespace, tried on a namespace's workloads or (``""``) on all."""
    first: dict[tuple[str, str], Object] = {}
    found: dict[tuple[str, str], tuple[Object, Object, str]] = {}
    for pairs, objects in selectors.items():
        labels = dict(pairs)
        for workload in workloads.select(namespace, labels) if namespace else workloads.index.select(labels):
            rival = first.setdefault(workload.key, objects[0])
            where = f"{workload.namespace}/{workload.name}"
            for obj in objects:
                other = objects[1] if obj is rival and len(objects) > 1 else rival
                if other is not obj:
                    found.setdefault((obj.namespace, obj.name), (obj, other, where))
                    found.setdefault((other.namespace, other.name), (other, obj, where))
    for obj, other, where in found.values():
        related = (Related(other, path, "selects the workload too"),)
        yield META.on(obj, path, related=related, workload=repr(where), kind=other.kind, other=other.full_name)
