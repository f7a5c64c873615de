"""Gateways whose proxies run where istiod does not look."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple

from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.objects import Object, as_map, as_strings
from getmesh.model.pods import Pods
from getmesh.model.selectors import LabelIndex
from getmesh.model.snapshot import Snapshot


class HiddenGateway(NamedTuple):
    """A Gateway that istiod sees, and a namespace of its proxies that it does not."""

    gateway: Object
    namespace: str


class HiddenGateways:
    """The Gateways of discovered namespaces all of whose proxies are in hidden ones.

    Attributes:
        found: each with the first of these namespaces.
    """

    READS: ClassVar[frozenset[str]] = SelectedNamespaces.READS | Pods.READS | {"Deployment", "Gateway"}

    def __init__(self, snapshot: Snapshot) -> None:
        self._selected = snapshot.service(SelectedNamespaces)
        self.found: list[HiddenGateway] = []
        if not self._selected.filtering:
            return
        self._pods = snapshot.service(Pods)
        self._templates: LabelIndex[Object] = LabelIndex(_templates(snapshot))
        for gateway in snapshot.each("Gateway"):
            selector = as_strings(gateway.spec.get("selector"))
            if selector and not self._selected.hides(gateway.namespace):
                places = sorted(self._places(selector))
                if places and all(self._selected.hides(place, gateway.namespace) for place in places):
                    self.found.append(HiddenGateway(gateway, places[0]))

    def _places(self, selector: Mapping[str, str]) -> set[str]:
        workloads = [*self._pods.select(selector), *self._templates.select(selector)]
        return {workload.namespace for workload in workloads}


def _templates(snapshot: Snapshot) -> Iterator[tuple[Mapping[str, str], Object]]:
    for deployment in snapshot.each("Deployment"):
        template = as_map(deployment.spec.get("template"))
        yield as_strings(as_map(template.get("metadata")).get("labels")), deployment
