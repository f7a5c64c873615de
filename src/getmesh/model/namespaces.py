"""Which namespaces are declared, and which patterns of policies name one of them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import ClassVar

from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot


class NamespacePatterns:
    """Answers whether a namespace pattern of a policy finds a declared Namespace.

    ``*`` finds any; a star at one end finds by suffix or prefix, case-sensitive, other stars being plain text;
    anything else is a name, case ignored (Istio: ``analyzers/authz``).
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Namespace"})

    def __init__(self, snapshot: Snapshot) -> None:
        names = [namespace.name for namespace in snapshot.each("Namespace")]
        self._folded = {name.lower() for name in names}
        self._names = sorted(names)
        self._reversed = sorted(name[::-1] for name in names)
        self._memo: dict[str, bool] = {}

    def finds(self, pattern: str) -> bool:
        """Whether at least one declared Namespace is meant."""
        found = self._memo.get(pattern)
        if found is None:
            found = self._memo[pattern] = self._find(pattern)
        return found

    def _find(self, pattern: str) -> bool:
        if pattern == "*":
            return bool(self._names)
        if pattern.startswith("*"):
            return _any_starts(self._reversed, pattern[:0:-1])
        if pattern.endswith("*"):
            return _any_starts(self._names, pattern[:-1])
        return pattern.lower() in self._folded


def policy_namespaces(policy: Object) -> Iterator[tuple[Path, str]]:
    """Yield the namespaces that an AuthorizationPolicy's sources name or exclude, with their places."""
    for number, rule in enumerate(as_list(policy.spec.get("rules"))):
        for index, item in enumerate(as_list(as_map(rule).get("from"))):
            source = as_map(as_map(item).get("source"))
            for key in ("namespaces", "notNamespaces"):
                for place, name in enumerate(as_list(source.get(key))):
                    yield ("spec", "rules", number, "from", index, "source", key, place), as_text(name)


def _any_starts(names: Sequence[str], prefix: str) -> bool:
    place = bisect_left(names, prefix)
    return place < len(names) and names[place].startswith(prefix)
