"""Which Services send traffic to a Deployment's Pods, and through which ports.

Istio: ``analyzers/deployment``. A Service without a selector sends to nothing here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from getmesh.model.membership import MANAGED, MESH_CONTROLLER, Membership
from getmesh.model.objects import Object, as_list, as_map, as_number, as_strings, as_text
from getmesh.model.selectors import matches
from getmesh.model.snapshot import Snapshot


class SelectingServices:
    """Services by what they select, so that the question "who selects these labels" walks few of them."""

    READS: ClassVar[frozenset[str]] = frozenset({"Service"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._by_pair: dict[tuple[str, str, str], list[tuple[Mapping[str, str], Object]]] = {}
        for service in snapshot.each("Service"):
            selector = as_strings(service.spec.get("selector"))
            if selector:
                key = min(selector)
                self._by_pair.setdefault((service.namespace, key, selector[key]), []).append((selector, service))

    def selecting(self, namespace: str, labels: Mapping[str, str]) -> list[Object]:
        """Give the Services of a namespace whose selector is not empty and within the labels, sorted by name."""
        found = [
            service
            for key, value in labels.items()
            for selector, service in self._by_pair.get((namespace, key, value), ())
            if matches(selector, labels)
        ]
        return sorted(found, key=lambda service: service.name)


class ExposedPort(NamedTuple):
    """One port of a Service that reaches a Deployment.

    Attributes:
        service: whose port it is.
        number: of the port.
        protocol: as written, ``TCP`` if nothing is.
        target: the target port as text; the number if nothing names one.
    """

    service: Object
    number: int
    protocol: str
    target: str


class DeploymentPorts:
    """Deployments of the mesh, waypoints aside, with the ports under which Services expose them."""

    READS: ClassVar[frozenset[str]] = frozenset({"Deployment"}) | SelectingServices.READS | Membership.READS

    def __init__(self, snapshot: Snapshot) -> None:
        services, membership = snapshot.service(SelectingServices), snapshot.service(Membership)
        self.deployments: list[tuple[Object, list[ExposedPort]]] = []
        for deployment in snapshot.each("Deployment"):
            if deployment.labels.get(MANAGED) == MESH_CONTROLLER:
                continue
            template = as_map(as_map(deployment.spec.get("template")).get("metadata"))
            found = services.selecting(deployment.namespace, as_strings(template.get("labels")))
            if found and membership.deployment(deployment):
                self.deployments.append((deployment, [port for service in found for port in _ports(service)]))


def _ports(service: Object) -> Iterator[ExposedPort]:
    for port in map(as_map, as_list(service.spec.get("ports"))):
        number = as_number(port.get("port"))
        yield ExposedPort(service, number, as_text(port.get("protocol")) or "TCP", _target(port, number))


def _target(port: Mapping[str, Any], number: int) -> str:
    target = port.get("targetPort")
    text = target if isinstance(target, str) else str(as_number(target))
    return str(number) if text in ("", "0") else text
