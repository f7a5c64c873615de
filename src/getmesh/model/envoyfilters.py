"""The patches of an EnvoyFilter, as far as analysis looks at them.

Istio: ``analyzers/envoyfilter``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final, NamedTuple

from getmesh.model.objects import Object, as_list, as_map, as_number, as_quoted_number, as_text
from getmesh.model.snapshot import Snapshot

INVALID: Final = "INVALID"
_OPERATIONS: Final = (
    INVALID, "MERGE", "ADD", "REMOVE", "INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST", "REPLACE",
)  # fmt: skip
_PLACES: Final = (
    INVALID, "LISTENER", "FILTER_CHAIN", "NETWORK_FILTER", "HTTP_FILTER", "ROUTE_CONFIGURATION", "VIRTUAL_HOST",
    "HTTP_ROUTE", "CLUSTER", "EXTENSION_CONFIG", "BOOTSTRAP", "LISTENER_FILTER",
)  # fmt: skip
_RELATIVE_PLACES: Final = frozenset({"NETWORK_FILTER", "HTTP_FILTER", "VIRTUAL_HOST"})
_ROUTES: Final = frozenset({"ROUTE_CONFIGURATION", "HTTP_ROUTE"})


class Patch(NamedTuple):
    """One entry of ``spec.configPatches``.

    Attributes:
        position: in the list, from 0.
        operation: name of the operation, ``INVALID`` if absent.
        place: what it applies to, ``INVALID`` if absent.
        versioned: whether it is limited to some proxy versions.
        name: type and text of the name that it adds; type ``""`` for one that it merely looks for, which is no equal.
    """

    position: int
    operation: str
    place: str
    versioned: bool
    name: tuple[str, str]

    @property
    def on_routes(self) -> bool:
        """Whether it applies to a whole route configuration or to one route."""
        return self.place in _ROUTES

    @property
    def replaceable(self) -> bool:
        """Whether Envoy knows the element by a name, so that it can be replaced."""
        return self.place in _RELATIVE_PLACES

    @property
    def relative(self) -> bool:
        """Whether its result depends on which other filters are applied before it."""
        match self.operation:
            case "INSERT_BEFORE" | "INSERT_AFTER":
                return True
            case "REMOVE":
                return not self.on_routes
            case "REPLACE":
                return self.replaceable
            case _:
                return False


def patches(envoy_filter: Object) -> Iterator[Patch]:
    """Yield the patches in order, up to the first entry without ``patch``: analysis stops looking there."""
    for index, value in enumerate(as_list(envoy_filter.spec.get("configPatches"))):
        entry = as_map(value)
        if not isinstance(entry.get("patch"), dict):
            return
        patch, match = entry["patch"], as_map(entry.get("match"))
        yield Patch(
            index,
            _enum(patch.get("operation"), _OPERATIONS),
            _enum(entry.get("applyTo"), _PLACES),
            bool(as_map(match.get("proxy")).get("proxyVersion")),
            _name(patch, match),
        )


def unordered(envoy_filter: Object) -> bool:
    """Whether nothing says when the filter is applied: priority 0 is no priority."""
    return as_quoted_number(envoy_filter.spec.get("priority")) == 0


def _enum(value: Any, names: tuple[str, ...]) -> str:
    """Read an enum as protobuf does: by name or by number."""
    if isinstance(value, str):
        return value
    number = as_number(value)
    return names[number] if 0 <= number < len(names) else INVALID


def _name(patch: Mapping[str, Any], match: Mapping[str, Any]) -> tuple[str, str]:
    value = patch.get("value")
    if not isinstance(value, dict):
        return "", ""
    if "name" in value:
        name = value["name"]
        if isinstance(name, bool) or not isinstance(name, (int, float)):
            return type(name).__name__, str(name)
        return "number", str(as_number(name, 0) or name)
    chain = as_map(as_map(match.get("listener")).get("filterChain"))
    return "", as_text(as_map(chain.get("filter")).get("name"))


class RelativePatches:
    """Patches whose result depends on the order of filters, where nothing sets that order.

    Istio remembers the names of patches limited to proxy versions across all filters, in random order; here the
    order is that of namespace, name and list position.

    Attributes:
        plain: those whose name no earlier versioned patch has.
        versioned: those whose name an earlier versioned patch has.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"EnvoyFilter"})

    def __init__(self, snapshot: Snapshot) -> None:
        self.plain: list[tuple[Object, Patch]] = []
        self.versioned: list[tuple[Object, Patch]] = []
        remembered: set[tuple[str, str]] = set()
        for envoy_filter in snapshot.each("EnvoyFilter"):
            free = unordered(envoy_filter)
            for patch in patches(envoy_filter):
                if free and patch.relative:
                    (self.versioned if patch.name in remembered else self.plain).append((envoy_filter, patch))
                if patch.versioned:
                    remembered.add(patch.name)
