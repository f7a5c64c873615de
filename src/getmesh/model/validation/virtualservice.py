"""VirtualService."""

from itertools import combinations
from typing import Any

from getmesh.model.paths import Path
from getmesh.model.validation import headers, names, parts
from getmesh.model.validation.faults import Faults
from getmesh.model.validation.http_routes import http_route
from getmesh.model.validation.routing import weights


def validate(spec: dict[str, Any], _name: str, namespace: str, faults: Faults) -> None:
    """Check the spec of a VirtualService."""
    gateways = spec.get("gateways", ())
    through_gateway = bool(gateways) and "mesh" not in gateways
    delegate = not spec.get("hosts")
    if delegate:
        for field in ("gateways", "tls", "tcp"):
            if spec.get(field):
                faults.error(("spec", field), f"a VirtualService without hosts is a delegate and may not set {field}")
    parts.gateway_names(gateways, ("spec", "gateways"), faults)
    if not through_gateway:
        _claims(spec, faults)
    _hosts(spec, faults, through_gateway=through_gateway)
    if not any(spec.get(field) for field in ("http", "tcp", "tls")):
        faults.error(("spec",), "no http, tcp or tls route is given")
    for index, route in enumerate(spec.get("http", ())):
        http_route(route, ("spec", "http", index), faults, delegate=delegate)
    for index, route in enumerate(spec.get("tls", ())):
        _tls(route, spec, ("spec", "tls", index), faults)
    for index, route in enumerate(spec.get("tcp", ())):
        _tcp(route, ("spec", "tcp", index), faults)
    parts.export_to(spec, namespace, faults)


def _claims(spec: dict[str, Any], faults: Faults) -> None:
    for index, route in enumerate(spec.get("http", ())):
        for number, match in enumerate(route.get("match", ())):
            for field in ("headers", "withoutHeaders"):
                for name in match.get(field, {}):
                    if headers.is_claim(name):
                        place = ("spec", "http", index, "match", number, field, name)
                        faults.error(place, "claims of a JWT can be matched only at gateways, not in the mesh")


def _hosts(spec: dict[str, Any], faults: Faults, *, through_gateway: bool) -> None:
    sni = any(match.get("sniHosts") for route in spec.get("tls", ()) for match in route.get("match", ()))
    hosts, sound = spec.get("hosts", []), True
    for index, host in enumerate(hosts):
        place = ("spec", "hosts", index)
        problem = names.gateway_domain(host, sni=sni) if through_gateway else names.wild_domain(host)
        if problem and not names.is_ip(host):
            faults.error(place, problem)
            sound = False
        elif host == "*" and not through_gateway:
            faults.error(place, "the host '*' is not allowed for routes of the mesh")
            sound = False
    if not sound:
        return
    for (_, one), (second, two) in combinations(enumerate(hosts), 2):
        if names.hosts_overlap(one, two):
            faults.error(("spec", "hosts", second), f"host {two!r} overlaps with {one!r}")


def _tls(route: dict[str, Any], spec: dict[str, Any], path: Path, faults: Faults) -> None:
    if not route.get("match"):
        faults.error((*path, "match"), "a TLS route has no match")
    for index, match in enumerate(route.get("match", ())):
        place = (*path, "match", index)
        _sni_hosts(match, spec, place, faults)
        _l4_match(match, place, faults, faults)
    _destinations(route, path, faults)


def _sni_hosts(match: dict[str, Any], spec: dict[str, Any], path: Path, faults: Faults) -> None:
    if not match.get("sniHosts"):
        faults.error((*path, "sniHosts"), "a TLS match names no SNI host")
    in_mesh = "mesh" in spec.get("gateways", ())
    for index, host in enumerate(match.get("sniHosts", ())):
        place = (*path, "sniHosts", index)
        problem = names.wild_domain(host) if in_mesh else names.gateway_domain(host, sni=True)
        if problem and names.is_ip(host):
            faults.warn(place, f"an SNI host cannot be an IP address such as {host!r}")
            continue
        faults.error(place, problem)
        if not any(names.host_within(host, other) for other in spec.get("hosts", ())):
            faults.error(place, f"SNI host {host!r} is not among the hosts of the VirtualService")


def _l4_match(match: dict[str, Any], path: Path, faults: Faults, gateway_faults: Faults) -> None:
    for index, subnet in enumerate(match.get("destinationSubnets", ())):
        faults.error((*path, "destinationSubnets", index), names.subnet(subnet))
    if match.get("port"):
        faults.error((*path, "port"), names.port(match["port"]))
    parts.label_set(match.get("sourceLabels", {}), (*path, "sourceLabels"), faults)
    parts.gateway_names(match.get("gateways", ()), (*path, "gateways"), gateway_faults)


def _tcp(route: dict[str, Any], path: Path, faults: Faults) -> None:
    for index, match in enumerate(route.get("match", ())):
        _l4_match(match, (*path, "match", index), faults, faults.muted())
    _destinations(route, path, faults)


def _destinations(route: dict[str, Any], path: Path, faults: Faults) -> None:
    if not route.get("route"):
        faults.error((*path, "route"), "a route has no destination")
    weights(route.get("route", []), (*path, "route"), faults)
