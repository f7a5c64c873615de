"""Which Sidecars claim the same Pods or the same namespace, and which claim what has no sidecars at all.

Istio: ``analyzers/sidecar``. A Sidecar without workload labels speaks for its namespace, any other for the Pods of
its namespace that it selects.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar, NamedTuple

from getmesh.model.membership import Membership, pod_ambient
from getmesh.model.objects import Object, as_map, as_strings
from getmesh.model.pods import Pods
from getmesh.model.snapshot import Snapshot


class PodClaim(NamedTuple):
    """A Pod and every object that selects it, in order of name."""

    pod: Object
    claimants: list[Object]


def claims(selecting: Iterable[tuple[Object, Mapping[str, str]]], pods: Pods) -> list[PodClaim]:
    """Give each Pod that a selector takes in its object's own namespace, with all that take it.

    Args:
        selecting: objects, in order of name, with their selectors.
        pods: the Pods of the snapshot.
    """
    found: dict[tuple[str, str], PodClaim] = {}
    for obj, labels in selecting:
        for pod in pods.select(labels, obj.namespace):
            found.setdefault((pod.namespace, pod.name), PodClaim(pod, [])).claimants.append(obj)
    return list(found.values())


class Sidecars:
    """Sidecars by what they speak for.

    Attributes:
        by_pod: Pods outside ambient that two or more Sidecars select.
        by_namespace: Sidecars of each namespace, outside ambient, that has two or more of them without labels.
        on_ambient_pods: Sidecars that select ambient Pods, with those Pods.
        in_ambient: Sidecars without labels of ambient namespaces.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Sidecar"}) | Pods.READS | Membership.READS

    def __init__(self, snapshot: Snapshot) -> None:
        membership = snapshot.service(Membership)
        selecting: list[tuple[Object, Mapping[str, str]]] = []
        spread: dict[str, list[Object]] = {}
        for sidecar in snapshot.each("Sidecar"):
            labels = as_strings(as_map(sidecar.spec.get("workloadSelector")).get("labels"))
            if labels:
                selecting.append((sidecar, labels))
            else:
                spread.setdefault(sidecar.namespace, []).append(sidecar)
        self.by_pod: list[PodClaim] = []
        taken: dict[tuple[str, str], tuple[Object, list[Object]]] = {}
        for claim in claims(selecting, snapshot.service(Pods)):
            if pod_ambient(claim.pod):
                for sidecar in claim.claimants:
                    taken.setdefault((sidecar.namespace, sidecar.name), (sidecar, []))[1].append(claim.pod)
            elif len(claim.claimants) > 1:
                self.by_pod.append(claim)
        self.on_ambient_pods = list(taken.values())
        self.in_ambient = [
            sidecar for namespace, held in spread.items() if membership.ambient(namespace) for sidecar in held
        ]
        self.by_namespace = [
            held for namespace, held in spread.items() if len(held) > 1 and not membership.ambient(namespace)
        ]


def names(objects: Iterable[Object]) -> str:
    """Write the names of objects, sorted and separated by commas."""
    return ", ".join(sorted(obj.name for obj in objects))
