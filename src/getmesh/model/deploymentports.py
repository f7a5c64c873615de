"""Which Services send traffic to a Deployment's Pods, and through which ports.

Istio: ``analyzers/deployment``. A Service without a selector sends to nothing here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from getmesh.model.exposure import Exposure
from getmesh.model.membership import MANAGED, MESH_CONTROLLER, Membership
from getmesh.model.objects import Object, as_list, as_map, as_number, as_strings, as_text
from getmesh.model.snapshot import Snapshot


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
    """Deployments of the mesh, waypoints aside, to which Services open several ports that may conflict.

    Attributes:
        deployments: each with all ports that Services open to it, by name of the Service.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Deployment"}) | Exposure.READS | Membership.READS

    def __init__(self, snapshot: Snapshot) -> None:
        exposure, membership = snapshot.service(Exposure), snapshot.service(Membership)
        self.deployments: list[tuple[Object, list[ExposedPort]]] = []
        for deployment in snapshot.each("Deployment"):
            if deployment.labels.get(MANAGED) == MESH_CONTROLLER:
                continue
            template = as_map(as_map(deployment.spec.get("template")).get("metadata"))
            found = list(exposure.selecting(deployment.namespace, as_strings(template.get("labels"))))
            if _ambiguous(found) and membership.deployment(deployment):
                found.sort(key=lambda service: service.name)
                self.deployments.append((deployment, [port for service in found for port in _ports(service)]))


def _ambiguous(services: list[Object]) -> bool:
    """Whether two ports share their number or their target: without that there is nothing to conflict."""
    ports = [port for service in services for port in as_list(service.spec.get("ports")) if isinstance(port, dict)]
    numbers: set[int] = set()
    targets: set[str] = set()
    for port in ports:
        number = as_number(port.get("port"))
        numbers.add(number)
        targets.add(_target(port, number))
    return len(numbers) < len(ports) or len(targets) < len(ports)


def _ports(service: Object) -> Iterator[ExposedPort]:
    for port in map(as_map, as_list(service.spec.get("ports"))):
        number = as_number(port.get("port"))
        yield ExposedPort(service, number, as_text(port.get("protocol")) or "TCP", _target(port, number))


def _target(port: Mapping[str, Any], number: int) -> str:
    target = port.get("targetPort")
    text = target if isinstance(target, str) else str(as_number(target))
    return str(number) if text in ("", "0") else text
