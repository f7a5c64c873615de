"""What VirtualServices route to and match on, with the place of each."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, ClassVar, Final, NamedTuple

from getmesh.model.objects import Object, as_list, as_map, as_quoted_number, as_text
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot

PROTOCOLS: Final = ("http", "tcp", "tls")
_ORDER: Final = ("tcp", "tls", "http")
_ARMS: Final = ("regex", "prefix", "exact")
_STRING_MATCHES: Final = frozenset({"uri", "scheme", "method", "authority"})
_STRING_MATCH_MAPS: Final = frozenset({"headers", "queryParams", "withoutHeaders"})


class Target(NamedTuple):
    """One destination of a VirtualService.

    Attributes:
        route: the VirtualService.
        path: of the destination, whether or not something stands there.
        host: as written, ``""`` if absent.
        subset: as written, ``""`` if absent.
        port: its number, 0 for an empty port selector, None without one.
        mirror: whether it gets copies of the traffic only.
    """

    route: Object
    path: Path
    host: str
    subset: str
    port: int | None
    mirror: bool

    @property
    def host_path(self) -> Path:
        """The place of the host."""
        return (*self.path, "host")


class Routes:
    """The destinations of every VirtualService, walked once."""

    READS: ClassVar[frozenset[str]] = frozenset({"VirtualService"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._targets = tuple((route, tuple(_targets(route))) for route in snapshot.each("VirtualService"))

    def each(self) -> tuple[tuple[Object, tuple[Target, ...]], ...]:
        """Give each VirtualService with its destinations: tcp, tls and http routes, each followed by its mirrors."""
        return self._targets


def routes(route: Object, protocol: str) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the routes of one protocol (``http``, ``tcp``, ``tls``) with their places; null ones read as empty."""
    for index, item in enumerate(as_list(route.spec.get(protocol))):
        yield ("spec", protocol, index), as_map(item)


def _targets(route: Object) -> Iterator[Target]:
    for protocol in _ORDER:
        for number, item in enumerate(as_list(route.spec.get(protocol))):
            if not isinstance(item, dict):
                continue
            path = ("spec", protocol, number)
            for index, leg in enumerate(as_list(item.get("route"))):
                yield _target(route, (*path, "route", index, "destination"), as_map(leg).get("destination"))
            if protocol == "http":
                yield from _mirrors(route, path, item)


def _mirrors(route: Object, path: Path, item: Mapping[str, Any]) -> Iterator[Target]:
    single, copies = item.get("mirror"), item.get("mirrors")
    if single is not None:
        yield _target(route, (*path, "mirror"), single, mirror=True)
    for index, copy in enumerate(as_list(copies) if copies else ()):
        yield _target(route, (*path, "mirrors", index, "destination"), as_map(copy).get("destination"), mirror=True)


def _target(route: Object, path: Path, destination: Any, *, mirror: bool = False) -> Target:
    value = as_map(destination)
    selector = value.get("port")
    port = None if selector is None else as_quoted_number(as_map(selector).get("number"))
    return Target(route, path, as_text(value.get("host")), as_text(value.get("subset")), port, mirror)


def match_key(match: Mapping[str, Any]) -> Hashable:
    """Give a key that two matches share exactly if they decode to the same message, names of http matches left out.

    Absent fields and default values are the same. A string match that is present counts even if it is empty.
    """
    parts: list[tuple[str, Hashable]] = []
    for name, value in match.items():
        if name in _STRING_MATCHES:
            if value is not None:
                parts.append((name, string_match(value)))
        elif not value or name == "name":
            continue
        elif name in _STRING_MATCH_MAPS:
            parts.append((name, frozenset((key, string_match(item)) for key, item in as_map(value).items())))
        else:
            parts.append((name, as_quoted_number(value) if name == "port" else _plain(value)))
    return frozenset(parts)


def string_match(value: Any) -> tuple[str, str]:
    """Give (arm, text) of a string match, ``("", "")`` if no arm is set; of several the last declared one counts."""
    arms = as_map(value)
    for arm in _ARMS:
        if arms.get(arm) is not None:
            return arm, as_text(arms[arm])
    return "", ""


def _plain(value: Any) -> Hashable:
    if isinstance(value, dict):
        return frozenset((key, _plain(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(_plain(item) for item in value)
    return value if isinstance(value, str | int | float) else ""


def match_tag(value: Any) -> str:
    """Give ``exact:V`` or ``prefix:V`` of a string match; ``""`` for regular expressions, empty and absent ones."""
    arm, text = string_match(value)
    return f"{arm}:{text}" if text and arm != "regex" else ""


def label_of(item: Mapping[str, Any], index: int, *, named: bool) -> str:
    """Give how people know a route or match: its name in quotes, else ``#`` and its position."""
    name = as_text(item.get("name")) if named else ""
    return f'"{name}"' if name else f"#{index}"


def matches_of(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the matches of a route; null ones read as empty."""
    return [as_map(match) for match in as_list(item.get("match"))]
