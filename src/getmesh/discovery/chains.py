"""The filter chains of a sidecar's outbound listeners: what tells them apart, and what they lead to.

Istio: ``buildSidecarOutboundTCPFilterChainOpts`` and ``buildSidecarOutboundTLSFilterChainOpts`` of
``pilot/pkg/networking/core/tls.go``. Source labels of matches are taken to fit.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from getmesh.discovery.naming import overlapping
from getmesh.discovery.routes import MESH, Route
from getmesh.discovery.services import MeshService, Port
from getmesh.model.objects import as_list, as_map, as_quoted_number, as_text

TCP_LIKE: Final = frozenset({"TCP", "HTTPS", "TLS", "Mongo", "Redis", "MySQL"})
TLS_LIKE: Final = frozenset({"HTTPS", "TLS"})


class Chain(NamedTuple):
    """One filter chain.

    Attributes:
        route: name of the routes that it fetches, ``""`` if it speaks TCP.
        matched: whether it takes only what is seen to be HTTP.
        names, ranges: server names and destinations that it is for; none for all.
        pod: the pod of a headless service that it leads to, ``""`` for others.
        targets: names of the clusters that it leads to.
        config: ``name.namespace`` of the VirtualService that it comes from, ``""`` if none.
        mongo: whether it understands MongoDB.
    """

    route: str = ""
    matched: bool = False
    names: frozenset[str] = frozenset()
    ranges: frozenset[str] = frozenset()
    pod: str = ""
    targets: tuple[str, ...] = ()
    config: str = ""
    mongo: bool = False

    @property
    def catches_all(self) -> bool:
        """Whether it takes whatever no other chain takes."""
        return not self.matched and not self.ranges and not (self.names - {"*"})

    def conflicts(self, other: "Chain") -> bool:
        """Whether Envoy could not tell the two apart."""
        return (
            self.matched == other.matched and self.ranges == other.ranges and self.names - {"*"} == other.names - {"*"}
        )


def tcp_chains(
    service: MeshService, port: Port, ranges: frozenset[str], pod: str, routes: Iterable[Route], *, named: bool
) -> list[Chain]:
    """Give the chains of a service's opaque port, those of VirtualServices first.

    Args:
        service: whose.
        port: which of its ports.
        ranges: destinations that they are for.
        pod: the pod of a headless service that they are for.
        routes: VirtualServices with TCP or TLS routes that the listener imports.
        named: whether the service is told apart from others by server name.
    """
    fitting = [route for route in routes if any(overlapping(host, service.host) for host in route.hosts)]
    if port.protocol in TLS_LIKE:
        found = list(_tls(fitting, port, ranges, pod))
        done = bool(found)
    else:
        found = list(_tcp(fitting, port, ranges, pod))
        done = any(chain.ranges == ranges for chain in found)
    if not done:
        names = frozenset({service.host}) if named else frozenset[str]()
        number = service.ports[0].number if len(service.ports) == 1 else port.number
        cluster = f"outbound|{number}||{service.host}"
        found.append(Chain(names=names, ranges=ranges, pod=pod, targets=(cluster,)))
    return [chain._replace(mongo=True) for chain in found] if port.protocol == "Mongo" else found


def _tls(routes: Iterable[Route], port: Port, ranges: frozenset[str], pod: str) -> Iterator[Chain]:
    done: set[tuple[frozenset[str], frozenset[str]]] = set()
    for route in routes:
        for item in map(as_map, as_list(route.source.spec.get("tls"))):
            for match in map(as_map, as_list(item.get("match"))):
                if not as_list(item.get("route")) or not _fits(match, port):
                    continue
                own = frozenset(map(as_text, as_list(match.get("destinationSubnets")))) or ranges
                names = frozenset(map(as_text, as_list(match.get("sniHosts"))))
                if (names, own) not in done:
                    done.add((names, own))
                    targets = _targets(route, item, port)
                    yield Chain(names=names, ranges=own, pod=pod, targets=targets, config=route.full_name)


def _tcp(routes: Iterable[Route], port: Port, ranges: frozenset[str], pod: str) -> Iterator[Chain]:
    for route in routes:
        for item in map(as_map, as_list(route.source.spec.get("tcp"))):
            matches = [as_map(match) for match in as_list(item.get("match"))]
            fitting = [match for match in matches if _fits(match, port)]
            if not as_list(item.get("route")) or (matches and not fitting):
                continue
            targets = _targets(route, item, port)
            if not fitting or not all(as_list(match.get("destinationSubnets")) for match in fitting):
                yield Chain(ranges=ranges, pod=pod, targets=targets, config=route.full_name)
                return
            subnets = (as_text(text) for match in fitting for text in as_list(match.get("destinationSubnets")))
            yield Chain(ranges=frozenset(subnets), pod=pod, targets=targets)


def _fits(match: Mapping[str, Any], port: Port) -> bool:
    gateways = as_list(match.get("gateways"))
    return (not gateways or MESH in gateways) and as_quoted_number(match.get("port")) in (0, port.number)


def _targets(route: Route, item: Mapping[str, Any], port: Port) -> tuple[str, ...]:
    legs = [as_map(as_map(leg).get("destination")) for leg in as_list(item.get("route"))]
    return tuple(route.cluster_of(leg, port.number) for leg in legs)
