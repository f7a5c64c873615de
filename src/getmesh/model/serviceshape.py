"""What of a Service has to be the same in every cluster of a mesh."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from getmesh.model.objects import Object, as_list, as_map, as_text


class ServicePort(NamedTuple):
    """A port, as the API server would default it."""

    name: str
    number: str
    target: str
    protocol: str
    app_protocol: str

    def __str__(self) -> str:
        """Say it in a few words."""
        app = f" {self.app_protocol}" if self.app_protocol else ""
        return f"{self.name or 'port'} {self.number} to {self.target}/{self.protocol}{app}"


class ServiceShape(NamedTuple):
    """Kind of address and ports; node ports are each cluster's own affair.

    Attributes:
        headless: whether it has no address of its own.
        type: such as ``ClusterIP``, which it is by default.
        ports: sorted.
    """

    headless: bool
    type: str
    ports: tuple[ServicePort, ...]

    def __str__(self) -> str:
        """Say it in a few words."""
        ports = ", ".join(map(str, self.ports)) or "no ports"
        return f"{self.type}{', headless' if self.headless else ''}, {ports}"


def shape_of(service: Object) -> ServiceShape:
    """Give a Service's shape."""
    ports = sorted(_port(as_map(port)) for port in as_list(service.spec.get("ports")))
    headless = service.spec.get("clusterIP") == "None"
    return ServiceShape(headless, as_text(service.spec.get("type")) or "ClusterIP", tuple(ports))


def _port(port: Mapping[str, Any]) -> ServicePort:
    number = str(port.get("port"))
    target = str(port.get("targetPort") or number)
    protocol = as_text(port.get("protocol")) or "TCP"
    return ServicePort(as_text(port.get("name")), number, target, protocol, as_text(port.get("appProtocol")))
