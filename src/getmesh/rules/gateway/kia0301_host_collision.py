"""KIA0301: a host of a Gateway collides with another server's."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from getmesh.analysis import Difference, Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
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
        "for the same namespace of VirtualServices or for any."
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

_Node: TypeAlias = tuple[str, str]
"""A host in lower case and the namespace that it is for, ``*`` for any."""


class _Place(NamedTuple):
    gateway: Object
    path: Path
    host: str


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each host that collides with another place of its port and selector."""
    groups: dict[tuple[int, str], dict[_Node, list[_Place]]] = {}
    for gateway in snapshot.service(KialiMembership).objects("Gateway"):
        selector = selector_text(as_strings(gateway.spec.get("selector")))
        for place, server in enumerate(as_list(gateway.spec.get("servers"))):
            port = as_number(as_map(as_map(server).get("port")).get("number"))
            nodes = groups.setdefault((port, selector), {})
            for index, host in enumerate(as_list(as_map(server).get("hosts"))):
                if isinstance(host, str):
                    spot = _Place(gateway, ("spec", "servers", place, "hosts", index), host)
                    nodes.setdefault(_node(host, gateway.namespace), []).append(spot)
    for (port, _), nodes in groups.items():
        partners = _partners(nodes)
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


def _node(host: str, namespace: str) -> _Node:
    parts = host.lower().split("/")
    target, name = (parts[0], parts[1]) if len(parts) > 1 else ("*", parts[0])
    return name, namespace if target == "." else target


def _partners(nodes: Iterable[_Node]) -> dict[_Node, _Node]:
    """Give for each node that another one meets one of those: the same name, or a wildcard and a name under it."""
    names: dict[str, dict[str, _Node]] = {}
    for name, target in nodes:
        names.setdefault(name, {})[target] = (name, target)
    wild: dict[int, dict[str, str]] = {}
    for name in names:
        if name.startswith("*"):
            wild.setdefault(len(name) - 1, {})[name[1:]] = name
    under: dict[str, dict[str, _Node]] = {}
    found: dict[_Node, _Node | None] = {}
    for (name, target), node in ((node, node) for node in nodes):
        others = {held: other for held, other in names[name].items() if held != target} if len(names[name]) > 1 else {}
        found[node] = _meeting(others, target)
        for length, ends in wild.items():
            over = ends.get(name[len(name) - length :]) if length <= len(name) else None
            if over is None or over == name or (over.startswith("*.") and name.startswith("*.")):
                continue
            found[node] = found[node] or _meeting(names[over], target)
            under.setdefault(over, {}).setdefault(target, node)
    for over, reached in under.items():
        for target, node in names[over].items():
            found[node] = found[node] or _meeting(reached, target)
    return {node: other for node, other in found.items() if other is not None}


def _meeting(others: Mapping[str, _Node], target: str) -> _Node | None:
    """Give one of the nodes, held by the namespaces they are for, that shares a namespace with a target."""
    if target == "*":
        return next(iter(others.values()), None)
    return others.get("*") or others.get(target)
