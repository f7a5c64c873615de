"""KIA0301: a host of a Gateway collides with another server's."""

from collections.abc import Iterator
from typing import NamedTuple

from getmesh.analysis import Difference, Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_serverhosts import ServedHost, colliding, served_host
from getmesh.model.objects import Object, as_list, as_map, as_number, as_strings
from getmesh.model.paths import Path
from getmesh.model.selectors import selector_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0301",
    name="gateway-host-collision",
    severity=Severity.WARNING,
    title="A host is served more than once on one port of the same gateway workloads",
    means=(
        "Another server with the same port number and the same selector claims this host, or a wildcard over it, "
        "for the same namespace of VirtualServices or for any; Kiali's setting skip_wildcard_gateway_hosts spares the "
        "lone star."
    ),
    why="Which server answers, with which certificate and which routes, depends on the order of creation.",
    fix="Keep the host in one server, or give the Gateways different ports, selectors or namespaces before the slash.",
    message="host {host!r} on port {port} collides with {other_host!r} of {other}",
    reads=("Gateway",),
    uses=(KialiMembership,),
    since="0.1",
    twin="IST0145",
    differs=(
        Difference(
            "kiali",
            "It flags only some of the hosts that collide, depending on the order of Gateways and servers.",
            "Every host that collides is flagged; the objects are the same.",
        ),
        Difference(
            "kiali",
            "It reads a host as a regular expression in which only dots are escaped.",
            "Hosts are literal text but for a leading star.",
        ),
    ),
)


class _Place(NamedTuple):
    gateway: Object
    path: Path
    host: str


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each host that collides with another place of its port and selector."""
    groups: dict[tuple[int, str], dict[ServedHost, list[_Place]]] = {}
    skip = snapshot.settings.kiali.skip_wildcard_gateway_hosts
    for gateway in snapshot.service(KialiMembership).objects("Gateway"):
        selector = selector_text(as_strings(gateway.spec.get("selector")))
        for place, server in enumerate(as_list(gateway.spec.get("servers"))):
            port = as_number(as_map(as_map(server).get("port")).get("number"))
            nodes = groups.setdefault((port, selector), {})
            for index, host in enumerate(as_list(as_map(server).get("hosts"))):
                node = served_host(host, gateway.namespace) if isinstance(host, str) else None
                if node is not None and not (skip and node[0] == "*"):
                    spot = _Place(gateway, ("spec", "servers", place, "hosts", index), host)
                    nodes.setdefault(node, []).append(spot)
    for (port, _), nodes in groups.items():
        partners = colliding(nodes)
        for node, places in nodes.items():
            rivals = places[:2] if len(places) > 1 else nodes[partners[node]] if node in partners else []
            for spot in places if rivals else ():
                other = rivals[1] if rivals[0] is spot else rivals[0]
                same = other.gateway is spot.gateway
                related = (Related(other.gateway, other.path, "claims this host too"),)
                yield META.on(
                    spot.gateway,
                    spot.path,
                    related=related,
                    host=spot.host,
                    port=port,
                    other="the same Gateway" if same else f"Gateway {other.gateway.full_name}",
                    other_host=other.host,
                )
