"""KIA0002: several Sidecars or PeerAuthentications claim a whole namespace."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import match_labels
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.objects import Object
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import sidecar_labels

META = RuleMeta(
    code="KIA0002",
    name="policy-several-for-namespace",
    severity=Severity.ERROR,
    title="Several Sidecars or PeerAuthentications claim the same whole namespace",
    means=(
        "A namespace may have one Sidecar and one PeerAuthentication that select nothing; here are more. Sidecars"
        " of a namespace without workloads are let pass, since they affect nothing."
    ),
    why="Only the oldest one takes effect, so a restored or renamed object silently changes the behaviour.",
    fix="Merge them into one, or give the others a selector.",
    message="{kind} {other} applies to the whole namespace too",
    reads=("PeerAuthentication", "Sidecar"),
    uses=(KialiMembership, KialiWorkloads),
    since="0.1",
    twin="IST0111",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each of several objects of a kind that claim their whole namespace."""
    membership, workloads = snapshot.service(KialiMembership), snapshot.service(KialiWorkloads)
    sidecars: Mapping[str, list[Object]] = defaultdict(list)
    for sidecar in membership.objects("Sidecar"):
        if not sidecar_labels(sidecar) and workloads.within(sidecar.namespace):
            sidecars[sidecar.namespace].append(sidecar)
    policies: Mapping[str, list[Object]] = defaultdict(list)
    for policy in membership.objects("PeerAuthentication"):
        if not match_labels(policy) and membership.managed(policy.namespace):
            policies[policy.namespace].append(policy)
    yield from _several(sidecars, ("spec", "workloadSelector"))
    yield from _several(policies, ("spec", "selector"))


def _several(held: Mapping[str, list[Object]], path: Path) -> Iterator[Finding]:
    for objects in held.values():
        for obj in objects if len(objects) > 1 else ():
            other = objects[1] if obj is objects[0] else objects[0]
            related = (Related(other, path, "claims the namespace too"),)
            yield META.on(obj, path, related=related, kind=other.kind, other=other.full_name)
