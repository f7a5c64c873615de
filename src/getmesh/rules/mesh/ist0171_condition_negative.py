"""IST0171: a controller wrote into an object's status that it could not do what the object asks."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot

_BOUND: Final = frozenset({"istio.io/WaypointBound"})
_POLICY: Final = frozenset({"ZtunnelAccepted", "WaypointAccepted"})
_ROUTE: Final = frozenset({"Accepted", "Programmed", "ResolvedRefs"})
_TYPES: Final[dict[str, frozenset[str]]] = {
    "Service": _BOUND,
    "ServiceEntry": _BOUND,
    "WorkloadEntry": _BOUND,
    "AuthorizationPolicy": _POLICY,
    "k8s.Gateway": _ROUTE,
    "HTTPRoute": _ROUTE,
    "GRPCRoute": _ROUTE,
}
_BY_PARENT: Final = frozenset({"HTTPRoute", "GRPCRoute"})

META = RuleMeta(
    code="IST0171",
    name="status-condition-negative",
    severity=Severity.WARNING,
    title="Object's status says that it is not in effect",
    means="A controller has set a condition of the object to False, so the object is not, or only partly, in effect.",
    why="The configuration looks right where it was written, but the mesh does not act on it.",
    fix="Follow the reason and message of the condition; they name the reference, listener or waypoint that is wrong.",
    message="condition {condition!r} is negative: {reason}: {text}",
    reads=tuple(sorted(_TYPES)),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0171/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each negative condition."""
    for kind, types in _TYPES.items():
        for obj in snapshot.each(kind):
            if not obj.status:
                continue
            for path, condition in _conditions(obj):
                if _negative(kind, types, condition):
                    yield META.on(
                        obj,
                        path,
                        condition=as_text(condition.get("type")),
                        reason=as_text(condition.get("reason")) or "no reason",
                        text=as_text(condition.get("message")) or "no message",
                    )


def _conditions(obj: Object) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    if obj.key not in _BY_PARENT:
        for index, condition in enumerate(as_list(obj.status.get("conditions"))):
            yield ("status", "conditions", index), as_map(condition)
        return
    for at, parent in enumerate(as_list(obj.status.get("parents"))):
        for index, condition in enumerate(as_list(as_map(parent).get("conditions"))):
            yield ("status", "parents", at, "conditions", index), as_map(condition)


def _negative(kind: str, types: frozenset[str], condition: Mapping[str, Any]) -> bool:
    """Whether a condition says no; one of another type says so by having no status."""
    name, status = as_text(condition.get("type")), as_text(condition.get("status"))
    if kind == "AuthorizationPolicy" and name == "WaypointAccepted" and condition.get("reason") == "PartiallyInvalid":
        return True
    return status == "False" if name in types else not status
