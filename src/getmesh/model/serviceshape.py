"""What of a Service has to be the same in every cluster of a mesh."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from getmesh.model.objects import Object, as_list, as_map, as_text


class ServiceShape(NamedTuple):
    """Kind of address and ports, as the API server would default them; node ports are each cluster's own affair.

    Attributes:
        headless: whether it has no address of its own.
        type: such as ``ClusterIP``.
        ports: name, number, target, protocol and application protocol of each, sorted.
    """

    headless: bool
    type: str
    ports: tuple[tuple[str, str, str, str, str], ...]

    def __str__(self) -> str:
        """Say it in a few words."""
        ports = [
            f"{name or 'port'} {port} to {target}/{protocol}{app and f' {app}'}"
            for name, port, target, protocol, app in self.ports
        ]
        return f"{self.type}{', headless' if self.headless else ''}, {', '.join(ports) or 'no ports'}"


def shape_of(service: Object) -> ServiceShape:
    """Give a Service's shape."""
    ports = sorted(_port(as_map(port)) for port in as_list(service.spec.get("ports")))
    headless = service.spec.get("clusterIP") == "None"
    return ServiceShape(headless, as_text(service.spec.get("type")) or "ClusterIP", tuple(ports))


def _port(port: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    number = str(port.get("port"))
    target = str(port.get("targetPort") or number)
    protocol = as_text(port.get("protocol")) or "TCP"
    return as_text(port.get("name")), number, target, protocol, as_text(port.get("appProtocol"))
