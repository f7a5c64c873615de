"""Which Services stand before a pod, and the ports that they open to it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import ClassVar

from getmesh.model.objects import Object, as_list, as_map, as_number, as_quoted_number, as_strings
from getmesh.model.selectors import Labels, SelectorIndex
from getmesh.model.snapshot import Snapshot


class Exposure:
    """Services by the labels that they select, so that a pod finds its Services without asking each one.

    An empty or absent selector stands before every pod of its namespace, an ExternalName too, as istioctl's
    analyzers take it (Istio: ``analyzers/gateway/gateway.go``).
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Service"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._open: defaultdict[str, list[Object]] = defaultdict(list)
        self._selecting: defaultdict[str, SelectorIndex[Object]] = defaultdict(SelectorIndex)
        for service in snapshot.each("Service"):
            selector = as_strings(service.spec.get("selector"))
            if selector:
                self._selecting[service.namespace].add(selector, service)
            else:
                self._open[service.namespace].append(service)
        self._ports: dict[tuple[str, str], frozenset[int]] = {}

    def services(self, namespace: str, labels: Labels) -> Iterable[Object]:
        """Yield the Services of a namespace that select these labels, those without a selector first."""
        yield from self._open.get(namespace, ())
        yield from self.selecting(namespace, labels)

    def selecting(self, namespace: str, labels: Labels) -> Iterable[Object]:
        """Give the Services of a namespace that select these labels by a selector that is not empty."""
        held = self._selecting.get(namespace)
        return held.matching(labels) if held else ()

    def open_ports(self, pods: Iterable[Object]) -> frozenset[int]:
        """Give the TCP ports and numeric target ports of every Service before one of the pods."""
        found: dict[tuple[str, str], Object] = {}
        for namespace, labels in {(pod.namespace, tuple(pod.labels.items())) for pod in pods}:
            for service in self.services(namespace, dict(labels)):
                found[service.namespace, service.name] = service
        return frozenset(port for service in found.values() for port in self._of(service))

    def _of(self, service: Object) -> frozenset[int]:
        key = (service.namespace, service.name)
        if key not in self._ports:
            ports = [as_map(port) for port in as_list(service.spec.get("ports"))]
            self._ports[key] = frozenset(number for port in ports for number in _numbers(port))
        return self._ports[key]


def _numbers(port: Mapping[str, object]) -> Iterable[int]:
    # A cluster stores TCP where a manifest names no protocol.
    if port.get("protocol") in (None, "", "TCP"):
        yield as_number(port.get("port"))
        target = as_quoted_number(port.get("targetPort"))
        if target:
            yield target
