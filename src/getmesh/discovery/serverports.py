"""How the servers of a router's Gateways share ports, and which of them cannot.

Istio: ``mergeGateways`` of ``pilot/pkg/model/gateway.go``.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from getmesh.discovery.gateways import Bound
from getmesh.discovery.services import HTTP_LIKE, parse_protocol
from getmesh.model.objects import as_map, as_quoted_number, as_text


class Place(NamedTuple):
    """Where servers share a listener: they do if number, protocol as written and address are equal."""

    number: int
    protocol: str
    bind: str


@dataclass(slots=True)
class ServerPorts:
    """The servers of a router by place.

    Attributes:
        servers: those that share a place.
        routes: servers by the name of their routes.
    """

    servers: dict[Place, list[Bound]] = field(default_factory=dict)
    routes: dict[str, list[Bound]] = field(default_factory=dict)
    _plain: dict[int, Place] = field(default_factory=dict)

    def add(self, bound: Bound) -> None:
        """Take a server; one that cannot share a port with earlier ones is left out."""
        place = Place(bound.port, as_text(as_map(bound.server.get("port")).get("protocol")), bound.bind)
        name = route_name(bound)
        if not any(held.number == place.number for held in self.servers):
            self._open(bound, place, name)
            return
        current = self._plain.get(place.number)
        if current is None:
            self._beside(bound, place, name)
        elif current.bind != place.bind:
            if place in self.servers:
                self.servers[place].append(bound)
                self.routes.setdefault(name, []).append(bound)
            else:
                self._open(bound, place, name)
        elif name and _share(bound.protocol, parse_protocol(current.protocol)):
            self.servers[current].append(bound)
            self.routes.setdefault(name, []).append(bound)

    def _open(self, bound: Bound, place: Place, name: str) -> None:
        if not bound.secure:
            self._plain[place.number] = place
        if bound.http:
            self.routes[name] = [bound]
        self.servers[place] = [bound]

    def _beside(self, bound: Bound, place: Place, name: str) -> None:
        """Take a server of a port that so far only servers with TLS have."""
        if not bound.secure:
            self._open(bound, place, name)
            return
        if bound.http:
            if not name or name in self.routes:
                return
            self.routes[name] = [bound]
        self.servers.setdefault(place, []).append(bound)


def route_name(bound: Bound) -> str:
    """Give the name of the routes that a server fetches, ``""`` if it passes connections on."""
    suffix = f".{bound.bind}" if bound.bind else ""
    if bound.protocol in HTTP_LIKE:
        return f"http.{bound.port}{suffix}"
    if not bound.http:
        return ""
    port = as_map(bound.server.get("port"))
    number, name = as_quoted_number(port.get("number")), as_text(port.get("name"))
    return f"https.{number}.{name}.{bound.gateway.name}.{bound.gateway.namespace}{suffix}"


def _share(one: str, other: str) -> bool:
    """Whether plain servers of two protocols can share a port."""
    return other in HTTP_LIKE and (one in HTTP_LIKE or one == other)
