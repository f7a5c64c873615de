"""EnvoyFilter: the shape of its patches; what they hold is checked as far as getmesh knows Envoy's messages."""

from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import envoy_values, parts
from getmesh.model.validation.faults import Faults
from getmesh.model.validation.patterns import regex

_FILTERED: Final = frozenset({"LISTENER", "FILTER_CHAIN", "NETWORK_FILTER", "HTTP_FILTER"})
_ARMS: Final = {
    **dict.fromkeys(_FILTERED, "listener"),
    **dict.fromkeys(("ROUTE_CONFIGURATION", "VIRTUAL_HOST", "HTTP_ROUTE"), "routeConfiguration"),
    "CLUSTER": "cluster",
}
_MATCHES: Final = ("listener", "routeConfiguration", "cluster", "waypoint")
_MANAGERS: Final = frozenset({
    "envoy.filters.network.http_connection_manager", "envoy.http_connection_manager",
})  # fmt: skip
_MAX_VERSION: Final = 1024


def validate(spec: dict[str, Any], _name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of an EnvoyFilter."""
    if not parts.selector(spec, "workloadSelector", "labels", faults):
        return
    faults.warn(("spec",), "an EnvoyFilter rests on how Istio configures Envoy, which may change in any release")
    for index, patch in enumerate(spec.get("configPatches", ())):
        _patch(patch, ("spec", "configPatches", index), faults)


def _patch(item: dict[str, Any], path: Path, faults: Faults) -> None:
    match = item.get("match", {})
    if match.get("context") == "WAYPOINT":
        return
    place, problem = _shape(item)
    if problem:
        faults.error((*path, *place), problem)
        return
    version = match.get("proxy", {}).get("proxyVersion", "")
    if len(version.encode("utf-8", "surrogatepass")) > _MAX_VERSION:
        faults.warn((*path, "match", "proxy", "proxyVersion"), "the pattern of proxy versions is over 1024 bytes")
    elif problem := regex(version):
        faults.error((*path, "match", "proxy", "proxyVersion"), problem)
        return
    if not _match(item.get("applyTo", "INVALID"), match, (*path, "match"), faults):
        return
    if "value" in item["patch"]:
        place = ("patch", "value")
        for inner, problem in envoy_values.problems(item.get("applyTo", "INVALID"), item["patch"]["value"]):
            faults.error((*path, *place, *inner), problem)


def _shape(item: dict[str, Any]) -> tuple[Path, str]:
    if item.get("applyTo", "INVALID") == "INVALID":
        return ("applyTo",), "a patch does not say what it applies to"
    if "patch" not in item:
        return ("patch",), "a patch is missing"
    operation = item["patch"].get("operation", "INVALID")
    if operation == "INVALID":
        return ("patch", "operation"), "a patch has no operation"
    if operation != "REMOVE" and "value" not in item["patch"]:
        return ("patch", "value"), f"operation {operation} needs a value"
    return (), ""


def _match(target: Any, match: dict[str, Any], path: Path, faults: Faults) -> bool:
    """Check the match; give whether the patch is worth looking at."""
    given = next((arm for arm in _MATCHES if arm in match), None)
    wanted = _ARMS.get(target)
    if given is None or wanted is None:
        return True
    if given != wanted:
        faults.error((*path, given), f"a patch of {target} is matched by {wanted}, not by {given}")
        return target not in _FILTERED
    chosen = match["listener"].get("filterChain", {}).get("filter") if wanted == "listener" else None
    return chosen is None or _filter(target, chosen, (*path, "listener", "filterChain", "filter"), faults)


def _filter(target: str, chosen: dict[str, Any], path: Path, faults: Faults) -> bool:
    if target in ("LISTENER", "FILTER_CHAIN"):
        faults.warn(path, f"matching a filter has no effect on a patch of {target}")
    problem, place = "", path
    if not chosen.get("name"):
        problem, place = "a filter match has no name", (*path, "name")
    elif "subFilter" in chosen:
        place = (*path, "subFilter")
        if target != "HTTP_FILTER":
            problem = f"subFilter has no meaning for a patch of {target}"
        elif chosen["name"] not in _MANAGERS:
            problem = f"only HTTP connection managers have subfilters, {chosen['name']!r} has none"
        elif not chosen["subFilter"].get("name"):
            problem, place = "a subfilter match has no name", (*place, "name")
    faults.error(place, problem)
    return not problem
