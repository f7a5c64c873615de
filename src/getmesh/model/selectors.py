"""Label selectors: what matches, what is a part of what, and an index that answers without walking every object."""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from getmesh.model.objects import as_list, as_map, as_text

T = TypeVar("T")
Labels = Mapping[str, str]


def matches(selector: Labels, labels: Labels) -> bool:
    """Whether every pair of the selector is among the labels; an empty selector matches everything."""
    return all(labels.get(key) == value for key, value in selector.items())


def selector_text(selector: Labels) -> str:
    """Write a selector as ``a=1,b=2``, keys sorted."""
    return ",".join(f"{key}={selector[key]}" for key in sorted(selector))


def matches_expressions(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Whether labels satisfy a Kubernetes label selector, ``matchLabels`` and ``matchExpressions`` together.

    An empty selector matches everything. An unknown operator matches nothing
    (Kubernetes: ``metav1.LabelSelectorAsSelector``).
    """
    pairs = as_map(selector.get("matchLabels"))
    if not all(labels.get(key) == value for key, value in pairs.items()):
        return False
    return all(_expression(as_map(item), labels) for item in as_list(selector.get("matchExpressions")))


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
        self._by_pair: dict[tuple[str, str], list[int]] = {}
        for position, (labels, _) in enumerate(self._members):
            for pair in labels.items():
                self._by_pair.setdefault(pair, []).append(position)
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
