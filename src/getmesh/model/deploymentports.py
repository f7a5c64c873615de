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
    """Deployments of the mesh, waypoints aside, that Services expose by two or more ports, and these ports."""

    READS: ClassVar[frozenset[str]] = frozenset({"Deployment"}) | Exposure.READS | Membership.READS

    def __init__(self, snapshot: Snapshot) -> None:
        exposure, membership = snapshot.service(Exposure), snapshot.service(Membership)
        self.deployments: list[tuple[Object, list[ExposedPort]]] = []
        for deployment in snapshot.each("Deployment"):
            if deployment.labels.get(MANAGED) == MESH_CONTROLLER:
                continue
            template = as_map(as_map(deployment.spec.get("template")).get("metadata"))
            found = list(exposure.selecting(deployment.namespace, as_strings(template.get("labels"))))
            # One port has nothing to conflict with.
            several = sum(len(as_list(service.spec.get("ports"))) for service in found) > 1
            if several and membership.deployment(deployment):
                found.sort(key=lambda service: service.name)
                self.deployments.append((deployment, [port for service in found for port in _ports(service)]))


def _ports(service: Object) -> Iterator[ExposedPort]:
    for port in map(as_map, as_list(service.spec.get("ports"))):
        number = as_number(port.get("port"))
        yield ExposedPort(service, number, as_text(port.get("protocol")) or "TCP", _target(port, number))


def _target(port: Mapping[str, Any], number: int) -> str:
    target = port.get("targetPort")
    text = target if isinstance(target, str) else str(as_number(target))
    return str(number) if text in ("", "0") else text
