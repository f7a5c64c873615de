"""Routes and matches of VirtualServices that can never be used, because earlier ones take their traffic.

istiod's own validation warns about them (Istio: ``pkg/config/validation/virtualservice.go`` and ``validation.go``);
the order of writing is the order of evaluation, separately for http, tcp and tls routes.
"""

from collections.abc import Hashable, Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar, Final, NamedTuple

from getmesh.model.objects import Object, as_map, as_quoted_number
from getmesh.model.paths import Path
from getmesh.model.routes import PROTOCOLS, label_of, match_key, match_tag, matches_of, routes, string_match
from getmesh.model.snapshot import Snapshot

_MAPS: Final = ("headers", "queryParams", "withoutHeaders")


class UnusedRoute(NamedTuple):
    """A route that no request reaches.

    Attributes:
        object: its VirtualService.
        path: of the route.
        rule: its name in quotes, or ``#`` and its position.
        reason: why nothing reaches it.
    """

    object: Object
    path: Path
    rule: str
    reason: str


class UnusedMatch(NamedTuple):
    """A match that never decides.

    Attributes:
        object: its VirtualService.
        path: of the match.
        rule: its route.
        match: its own name or position.
        earlier: what takes its traffic.
    """

    object: Object
    path: Path
    rule: str
    match: str
    earlier: str


class _Prefix(NamedTuple):
    """A remembered match on a URI prefix: what of it decides whether it covers a later one."""

    prefix: str
    tags: tuple[str, ...]
    path: Path
    rule: str
    match: str
    order: int


class RouteOrder:
    """Unused routes and matches of every VirtualService."""

    READS: ClassVar[frozenset[str]] = frozenset({"VirtualService"})

    def __init__(self, snapshot: Snapshot) -> None:
        self.routes: list[UnusedRoute] = []
        self.matches: list[UnusedMatch] = []
        for obj in snapshot.each("VirtualService"):
            for protocol in PROTOCOLS:
                if obj.spec.get(protocol):
                    remembered = self._walk(obj, protocol)
                    if protocol == "http" and len(remembered) > 1:
                        self.matches.extend(_covered(obj, remembered))

    def _walk(self, obj: Object, protocol: str) -> list[tuple[Path, str, str, Mapping[str, Any]]]:
        seen: dict[Hashable, str] = {}
        remembered: list[tuple[Path, str, str, Mapping[str, Any]]] = []
        open_route = ""
        named = protocol == "http"
        for number, (path, route) in enumerate(routes(obj, protocol)):
            rule, matches = label_of(route, number, named=named), matches_of(route)
            if open_route:
                first = f"rule {open_route} before it has no match"
                reason = first if matches else f"{first}, and only the last rule can have none"
                self.routes.append(UnusedRoute(obj, path, rule, reason))
            if not matches:
                open_route = rule
            if open_route:
                continue
            duplicates = 0
            for place, match in enumerate(matches):
                key = match_key(match)
                label = label_of(match, place, named=named)
                if key in seen:
                    duplicates += 1
                    earlier = f"is the same as one in rule {seen[key]}"
                    self.matches.append(UnusedMatch(obj, (*path, "match", place), rule, label, earlier))
                else:
                    seen[key] = rule
                    remembered.append(((*path, "match", place), rule, label, match))
            if duplicates == len(matches):
                self.routes.append(UnusedRoute(obj, path, rule, "earlier rules have all of its matches"))
        return remembered


def _covered(obj: Object, remembered: list[tuple[Path, str, str, Mapping[str, Any]]]) -> Iterator[UnusedMatch]:
    """Yield the matches whose URI prefix starts with an earlier one's, all else being alike.

    Prefixes are compared as text, not by segment. The earlier value of a method, authority, header or parameter must
    start with the later value, which is istiod's way round.
    """
    prefixes = [
        text if arm == "prefix" else "" for arm, text in (string_match(entry[3].get("uri")) for entry in remembered)
    ]
    if not _any_nested(prefixes):
        return
    groups: dict[Hashable, dict[str, list[_Prefix]]] = {}
    lengths: set[int] = set()
    for order, (path, rule, label, match) in enumerate(remembered):
        prefix = prefixes[order]
        if not prefix:
            continue
        keys, tags = _conditions(match)
        later = _Prefix(prefix, tags, path, rule, label, order)
        group = groups.setdefault(keys, {})
        earlier = [
            other
            for length in lengths
            if length < len(prefix)
            for other in group.get(prefix[:length], ())
            if all(map(str.startswith, other.tags, tags))
        ]
        if earlier:
            first = min(earlier, key=_order)
            reason = f"begins with prefix {first.prefix!r} of match {first.match} in rule {first.rule}"
            yield UnusedMatch(obj, path, rule, label, reason)
        group.setdefault(prefix, []).append(later)
        lengths.add(len(prefix))


def _any_nested(prefixes: list[str]) -> bool:
    """Whether one prefix begins another: then, in sorted order, it also begins the one that follows it."""
    distinct = sorted(set(prefixes) - {""})
    return any(later.startswith(earlier) for earlier, later in pairwise(distinct))


def _order(entry: _Prefix) -> int:
    return entry.order


def _conditions(match: Mapping[str, Any]) -> tuple[Hashable, tuple[str, ...]]:
    """Give what must be equal (port, names of headers and parameters) and the values that are compared as text."""
    port = as_quoted_number(match.get("port"))
    tags = [match_tag(match.get("method")) or "exact:GET", match_tag(match.get("authority"))]
    names: list[tuple[str, ...]] = []
    for key in _MAPS:
        held = as_map(match.get(key))
        names.append(tuple(sorted(map(str, held))))
        tags.extend(match_tag(held[name]) for name in sorted(held, key=str))
    return (port, *names), tuple(tags)
