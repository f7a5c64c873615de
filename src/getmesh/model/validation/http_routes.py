"""HTTP routes of a VirtualService: matches, destinations and what is done on the way."""

from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import amounts, headers, names, parts, routing
from getmesh.model.validation.faults import Faults
from getmesh.model.validation.http_actions import cors, direct_response, fault_injection, redirect, rewrite

_INSTEAD: Final = {
    "redirect": ("route", "fault", "rewrite", "directResponse"),
    "directResponse": ("route", "fault", "rewrite"),
}


def http_route(route: dict[str, Any], path: Path, faults: Faults, *, delegate: bool) -> None:
    """Check one HTTP route; `delegate` says whether the VirtualService has no hosts."""
    if "delegate" in route and not delegate:
        for field in ("redirect", "route"):
            if route.get(field) is not None:
                faults.error((*path, field), f"a route that delegates may not set {field}")
    else:
        _kind(route, path, faults)
        if "delegate" in route:
            faults.error((*path, "delegate"), "a delegate may not delegate")
        if "mirror" in route and "mirrors" in route:
            faults.error((*path, "mirror"), "mirror and mirrors exclude each other")
    for index, match in enumerate(route.get("match", ())):
        _match(match, (*path, "match", index), faults)
    if "headers" in route:
        headers.operations(route["headers"], (*path, "headers"), faults)
    _actions(route, path, faults)
    _mirrors(route, path, faults)
    _authority(route, path, faults)
    destinations = route.get("route", [])
    routing.weights(destinations, (*path, "route"), faults)
    for index, item in enumerate(destinations):
        if "headers" in item:
            headers.operations(item["headers"], (*path, "route", index, "headers"), faults)


def _kind(route: dict[str, Any], path: Path, faults: Faults) -> None:
    for kind, against in _INSTEAD.items():
        if kind in route:
            for field in against:
                if field in route:
                    faults.error((*path, field), f"{field} cannot stand beside {kind}")
            return
    if not route.get("route"):
        faults.error((*path, "route"), "a route has neither destination, redirect nor direct response")


def _match(match: dict[str, Any], path: Path, faults: Faults) -> None:
    for name, value in match.get("headers", {}).items():
        faults.error((*path, "headers", name), headers.match_name(name))
        parts.string_match(value, (*path, "headers", name), faults)
    for name, value in match.get("withoutHeaders", {}).items():
        faults.error((*path, "withoutHeaders", name), headers.match_name(name))
        if value.get("regex") != "*":
            parts.string_match(value, (*path, "withoutHeaders", name), faults)
    if "uri" in match:
        parts.regex_match(match["uri"], (*path, "uri"), faults)
    for field in ("scheme", "method", "authority"):
        if field in match:
            parts.string_match(match[field], (*path, field), faults)
    for name, value in match.get("queryParams", {}).items():
        parts.string_match(value, (*path, "queryParams", name), faults)
    if match.get("port"):
        faults.error((*path, "port"), names.port(match["port"]))
    if "sourceLabels" in match:
        parts.label_set(match["sourceLabels"], (*path, "sourceLabels"), faults)
    if "gateways" in match:
        parts.gateway_names(match["gateways"], (*path, "gateways"), faults.muted())
    if match.get("sourceNamespace"):
        faults.error((*path, "sourceNamespace"), names.label(match["sourceNamespace"]))


def _actions(route: dict[str, Any], path: Path, faults: Faults) -> None:
    if "corsPolicy" in route:
        cors(route["corsPolicy"], (*path, "corsPolicy"), faults)
    if "fault" in route:
        fault_injection(route["fault"], (*path, "fault"), faults)
    if "redirect" in route:
        redirect(route, (*path, "redirect"), faults)
    if "directResponse" in route:
        direct_response(route["directResponse"], (*path, "directResponse"), faults)
    if "rewrite" in route:
        rewrite(route["rewrite"], (*path, "rewrite"), faults)
    if "retries" in route:
        routing.retry(route["retries"], (*path, "retries"), faults)
    if "timeout" in route:
        faults.error((*path, "timeout"), amounts.duration(route["timeout"]))


def _mirrors(route: dict[str, Any], path: Path, faults: Faults) -> None:
    if "mirrorPercent" in route:
        place, share = (*path, "mirrorPercent"), route["mirrorPercent"]
        faults.warn(place, "mirrorPercent is old; use mirrorPercentage")
        faults.error(place, amounts.mirror_percent(share))
    if "mirrorPercentage" in route:
        share = route["mirrorPercentage"].get("value", 0)
        faults.error((*path, "mirrorPercentage", "value"), amounts.mirror_percent(share))
    routing.destination(route.get("mirror"), (*path, "mirror"), faults)
    for index, mirror in enumerate(route.get("mirrors", ())):
        place = (*path, "mirrors", index)
        if "destination" not in mirror:
            faults.error(place, "a mirror has no destination")
            continue
        routing.destination(mirror["destination"], (*place, "destination"), faults)
        share = mirror.get("percentage", {}).get("value", 0)
        faults.error((*place, "percentage", "value"), amounts.mirror_percent(share))


def _authority(route: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check that the authority is changed once: by the rewrite, or by one header operation."""
    request = route.get("headers", {}).get("request", {})
    set_before = bool(route.get("rewrite", {}).get("authority"))
    for action in ("set", "add"):
        for name, value in request.get(action, {}).items():
            if name.lower() not in ("host", ":authority"):
                continue
            if set_before:
                place = (*path, "headers", "request", action, name)
                faults.error(place, "the authority is changed more than once in one route")
            set_before = set_before or bool(value)
