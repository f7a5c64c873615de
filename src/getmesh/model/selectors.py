"""Label selectors: what matches, what is a part of what, and an index that answers without walking every object."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from getmesh.model.objects import as_list, as_map, as_text

T = TypeVar("T")
Labels = Mapping[str, str]

_MAX_NAME: Final = 63
_MAX_SUBDOMAIN: Final = 253
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def matches(selector: Labels, labels: Labels) -> bool:
    """Whether every pair of the selector is among the labels; an empty selector matches everything."""
    return all(labels.get(key) == value for key, value in selector.items())


def selector_text(selector: Labels) -> str:
    """Write a selector as ``a=1,b=2``, keys sorted."""
    return ",".join(f"{key}={selector[key]}" for key in sorted(selector))


def matches_expressions(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether labels satisfy a Kubernetes label selector, ``matchLabels`` and ``matchExpressions`` together.

    An empty selector matches everything, an invalid one nothing: unknown operator, values missing or too many, a key
    or value that no label can have (Kubernetes: ``metav1.LabelSelectorAsSelector``).
    """
    if not selector_valid(selector):
        return False
    pairs = as_map(selector.get("matchLabels"))
    if not all(labels.get(key) == value for key, value in pairs.items()):
        return False
    return all(_expression(as_map(item), labels) for item in as_list(selector.get("matchExpressions")))


def selector_valid(selector: Mapping[str, Any]) -> bool:
    """Whether Kubernetes accepts a label selector; one that it refuses selects nothing."""
    pairs = as_map(selector.get("matchLabels"))
    if not all(label_key(key) and label_value(as_text(value)) for key, value in pairs.items()):
        return False
    for expression in map(as_map, as_list(selector.get("matchExpressions"))):
        values = as_list(expression.get("values"))
        match expression.get("operator"):
            case "In" | "NotIn":
                if not values or not all(label_value(as_text(value)) for value in values):
                    return False
            case "Exists" | "DoesNotExist":
                if values:
                    return False
            case _:
                return False
        if not label_key(as_text(expression.get("key"))):
            return False
    return True


@lru_cache(maxsize=4096)
def label_key(text: str) -> bool:
    """Whether a text is a qualified name: a name of at most 63 characters, perhaps behind a DNS subdomain and ``/``."""
    prefix, slash, name = text.rpartition("/")
    if slash and not (len(prefix) <= _MAX_SUBDOMAIN and _SUBDOMAIN.fullmatch(prefix)):
        return False
    return len(name) <= _MAX_NAME and _NAME.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def label_value(text: str) -> bool:
    """Whether a text may be the value of a label: empty, or at most 63 characters of a name."""
    return not text or (len(text) <= _MAX_NAME and _NAME.fullmatch(text) is not None)


def _expression(expression: Mapping[str, Any], labels: Labels) -> bool:
    key, values = as_text(expression.get("key")), as_list(expression.get("values"))
    match expression.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False


class LabelIndex(Generic[T]):
    """Members by label pair, so that a selector costs its rarest pair and not the whole population.

    Members keep the order in which they were given.
    """

    def __init__(self, members: Iterable[tuple[Labels, T]]) -> None:
        self._members: list[tuple[Labels, T]] = list(members)
        self._by_pair: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for position, (labels, _) in enumerate(self._members):
            for pair in labels.items():
                self._by_pair[pair].append(position)
        self._memo: dict[tuple[tuple[str, str], ...], list[T]] = {}

    def select(self, selector: Labels) -> list[T]:
        """Give the members whose labels hold every pair of the selector; an empty selector gives all."""
        key = tuple(sorted(selector.items()))
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._find(selector)
        return found

    def any(self, selector: Labels) -> bool:
        """Whether at least one member matches."""
        return bool(self.select(selector))

    def _find(self, selector: Labels) -> list[T]:
        if not selector:
            return [member for _, member in self._members]
        rarest: list[int] | None = None
        for pair in selector.items():
            held = self._by_pair.get(pair)
            if held is None:
                return []
            if rarest is None or len(held) < len(rarest):
                rarest = held
        return [self._members[place][1] for place in rarest or () if matches(selector, self._members[place][0])]


class SelectorIndex(Generic[T]):
    """Members by the selector that each has, so that labels find the selectors that match them.

    Each selector is filed under one of its pairs: labels that it matches have that pair.
    """

    def __init__(self, members: Iterable[tuple[Labels, T]] = ()) -> None:
        self._open: list[T] = []
        self._by_pair: defaultdict[tuple[str, str], list[tuple[Labels, T]]] = defaultdict(list)
        for selector, member in members:
            self.add(selector, member)

    def add(self, selector: Labels, member: T) -> None:
        """Add a member; an empty selector matches all labels."""
        if selector:
            # Values tell more apart than keys do, so the pair with the longest one is most likely rare.
            pair = max(selector.items(), key=_rarity)
            self._by_pair[pair].append((selector, member))
        else:
            self._open.append(member)

    def matching(self, labels: Labels) -> Iterator[T]:
        """Yield the members whose selector matches the labels."""
        yield from self._open
        for pair in labels.items():
            for selector, member in self._by_pair.get(pair, ()):
                if matches(selector, labels):
                    yield member

    def any(self, labels: Labels) -> bool:
        """Whether at least one selector matches the labels."""
        return next(iter(self.matching(labels)), None) is not None


def _rarity(pair: tuple[str, str]) -> tuple[int, tuple[str, str]]:
    return len(pair[1]), pair
