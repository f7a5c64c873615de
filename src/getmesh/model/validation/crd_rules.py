"""Rules of Istio's CRDs that reach beyond one field and that Istio's own validation does not have.

Source: ``x-kubernetes-validations`` of the CRDs that Istio ships. The others say what `getmesh.model.validation`
says anyway.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from getmesh.model.fields.decoding import decode
from getmesh.model.fields.table import table
from getmesh.model.objects import Object
from getmesh.model.validation import names
from getmesh.model.validation.faults import Fault, Faults

if TYPE_CHECKING:
    from getmesh.model.paths import Path

_UNIX = "unix://"
_WAYPOINTS = 29  # first minor whose EnvoyFilters match waypoints


def refused(obj: Object, minor: int) -> Iterator[Fault]:
    """Yield what the API server refuses in an object, with the CRDs of a minor of Istio."""
    check, fields = _RULES.get(obj.key), table(obj.key)
    if check is not None and fields is not None and isinstance(obj.raw, dict):
        faults = Faults()
        check(decode(fields, obj.raw, minor).spec, minor, faults)
        yield from faults.errors


def _envoy_filter(spec: dict[str, Any], minor: int, faults: Faults) -> None:
    if "workloadSelector" in spec and "targetRefs" in spec:
        faults.error(("spec", "targetRefs"), "workloadSelector and targetRefs exclude each other")
    for index, patch in enumerate(spec.get("configPatches", ())):
        match = patch.get("match", {})
        path: Path = ("spec", "configPatches", index, "match")
        both = minor >= _WAYPOINTS and match
        if both and (match.get("context") == "WAYPOINT") != ("waypoint" in match):
            faults.error(path, "context WAYPOINT and a match of a waypoint go together")
        for arm in ("listener", "cluster", "routeConfiguration", "waypoint"):
            if match.get(arm, {}).get("portNumber"):
                faults.error((*path, arm, "portNumber"), names.port(match[arm]["portNumber"]))


def _workload_group(spec: dict[str, Any], _minor: int, faults: Faults) -> None:
    template: dict[str, Any] = spec.get("template", {})
    path: Path = ("spec", "template")
    where = template.get("address", "")
    if where.startswith(_UNIX):
        faults.error((*path, "address"), names.unix_path(where.removeprefix(_UNIX)))
        if template.get("ports"):
            faults.error((*path, "ports"), "a socket file has no ports")
    for name, number in template.get("ports", {}).items():
        faults.error((*path, "ports", name), names.label(name))
        faults.error((*path, "ports", name), names.port(number))


def _request_authentication(spec: dict[str, Any], _minor: int, faults: Faults) -> None:
    for index, rule in enumerate(spec.get("jwtRules", ())):
        if rule.get("jwks") and rule.get("jwksUri"):
            faults.error(("spec", "jwtRules", index, "jwks"), "jwks and jwksUri exclude each other")


_RULES = {
    "EnvoyFilter": _envoy_filter,
    "RequestAuthentication": _request_authentication,
    "WorkloadGroup": _workload_group,
}
