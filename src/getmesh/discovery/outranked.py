"""Sidecars that istiod passes over for another one of their namespace.

Istio: ``initSidecarScopes`` and ``doGetSidecarScope`` of ``pilot/pkg/model/push_context.go``.
"""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from getmesh.discovery.controlplane import REVISION_LABEL, ControlPlane, ControlPlanes
from getmesh.discovery.proxies import SIDECAR, proxy_of
from getmesh.discovery.scope import has_selector, ranked, selector_of
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.discovery.services import created
from getmesh.discovery.usable import Admission
from getmesh.model.objects import Object
from getmesh.model.selectors import matches
from getmesh.model.snapshot import Snapshot


class Outranked(NamedTuple):
    """A Sidecar that does not apply where it could.

    Attributes:
        sidecar: the one that is passed over.
        winner: the one that istiod takes instead.
        pods: names of the pods that are meant; none where the two stand for the same workloads whatever there is.
    """

    sidecar: Object
    winner: Object
    pods: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Why the other one is taken."""
        if has_selector(self.winner) and not has_selector(self.sidecar):
            return "whose empty workload selector comes before Sidecars without any"
        if created(self.sidecar) == created(self.winner):
            return "whose name comes first, since neither is known to be older"
        return "which is older"


class OutrankedSidecars:
    """The Sidecars that are passed over, by namespace and rank.

    Of those with a workload selector the oldest that fits a pod applies, else the oldest one without; equally old ones
    go by name.
    """

    READS: ClassVar[frozenset[str]] = SelectedNamespaces.READS | {"Pod", "Sidecar"}

    def __init__(self, snapshot: Snapshot) -> None:
        selected, admission = snapshot.service(SelectedNamespaces), snapshot.service(Admission)
        self._planes = snapshot.service(ControlPlanes)
        self.found: list[Outranked] = []
        held: dict[str, list[Object]] = {}
        for sidecar in ranked(snapshot.each("Sidecar")):
            if admission.admits(sidecar) and not selected.hides(sidecar.namespace):
                held.setdefault(sidecar.namespace, []).append(sidecar)
        for name in sorted(held):
            if len(held[name]) > 1:
                namespace = selected.declared(name)
                plane = self._planes.of(namespace.labels.get(REVISION_LABEL, "") if namespace else "")
                self._judge(held[name], plane, snapshot.within("Pod", name))

    def _judge(self, sidecars: list[Object], plane: ControlPlane, pods: Iterable[Object]) -> None:
        always: set[tuple[int, int]] = set()
        read = [index for index, sidecar in enumerate(sidecars) if plane.reads(sidecar)]
        for position, index in enumerate(read):
            earlier = [other for other in read[:position] if _stands_for(sidecars[other], sidecars[index])]
            always |= {(other, index) for other in earlier[:1]}
        names: dict[tuple[int, int], list[str]] = {}
        for pod in pods:
            proxy = proxy_of(pod)
            fitting = self._fitting(sidecars, pod) if proxy is not None and proxy.type == SIDECAR else []
            for index in fitting[1:]:
                if selector_of(sidecars[index]) and (fitting[0], index) not in always:
                    names.setdefault((fitting[0], index), []).append(pod.name)
        for first, index in sorted({*always, *names}, key=lambda pair: pair[::-1]):
            self.found.append(Outranked(sidecars[index], sidecars[first], tuple(sorted(names.get((first, index), ())))))

    def _fitting(self, sidecars: list[Object], pod: Object) -> list[int]:
        """Give the Sidecars with a workload selector that fits a pod, in their rank."""
        plane = self._planes.of_pod(pod)
        return [
            index
            for index, sidecar in enumerate(sidecars)
            if has_selector(sidecar) and plane.reads(sidecar) and matches(selector_of(sidecar), pod.labels)
        ]


def _stands_for(one: Object, other: Object) -> bool:
    """Whether a Sidecar fits whatever another one fits: neither asks for labels, or both for the same."""
    return selector_of(one) == selector_of(other) and has_selector(one) >= has_selector(other)
