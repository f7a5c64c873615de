"""Which namespaces istiod looks at: ``discoverySelectors`` against the labels of Namespace objects.

Istio: ``pkg/kube/namespace/filter.go`` and ``pkg/config/mesh/labelselector``. One selector that cannot be converted
discards all of them, and then everything is discovered.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.paths import Path
from getmesh.model.selectors import matches_expressions

NAME_LABEL: Final = "kubernetes.io/metadata.name"
_NAME: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
_PREFIX: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_VALUE: Final = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\Z")
_LONGEST_PREFIX: Final = 253
_NEED_VALUES: Final = frozenset({"In", "NotIn"})
_NO_VALUES: Final = frozenset({"Exists", "DoesNotExist"})


class SelectorFault(NamedTuple):
    """What is wrong with a selector.

    Attributes:
        path: from the list of selectors.
        problem: for people, lower case.
    """

    path: Path
    problem: str


class Selection:
    """The namespaces that a list of selectors picks.

    Attributes:
        filtering: whether anything is filtered at all.
        faults: selectors that cannot be converted; then nothing is filtered.
        namespaces: known namespaces that are selected; all known ones without filtering.
    """

    def __init__(self, selectors: list[Any], namespaces: Iterable[Object]) -> None:
        labels = {namespace.name: namespace_labels(namespace) for namespace in namespaces}
        self.faults = [fault for index, item in enumerate(selectors) for fault in faults_of(item, (index,))]
        self.filtering = bool(selectors) and not self.faults
        if self.filtering:
            wanted = [as_map(item) for item in selectors]
            self.namespaces = frozenset(
                name for name, held in labels.items() if any(matches_expressions(item, held) for item in wanted)
            )
        else:
            self.namespaces = frozenset(labels)

    def sees(self, namespace: str) -> bool:
        """Whether istiod looks at objects of a namespace; cluster-scoped ones (``""``) always pass."""
        return not self.filtering or not namespace or namespace in self.namespaces


def namespace_labels(namespace: Object) -> Mapping[str, str]:
    """Give a Namespace's labels with the name label that the API server puts on every one."""
    return {**namespace.labels, NAME_LABEL: namespace.name}


def faults_of(selector: Any, path: Path = ()) -> list[SelectorFault]:
    """Say why a selector cannot be converted; a misspelt field is no reason, it is ignored."""
    found = []
    for key, value in as_map(as_map(selector).get("matchLabels")).items():
        place = (*path, "matchLabels", str(key))
        found += _key_fault(str(key), place) + _value_fault(value, place)
    for index, item in enumerate(as_list(as_map(selector).get("matchExpressions"))):
        found += _expression_faults(as_map(item), (*path, "matchExpressions", index))
    return found


def _expression_faults(item: Mapping[str, Any], path: Path) -> list[SelectorFault]:
    operator, values = as_text(item.get("operator")), as_list(item.get("values"))
    found = _key_fault(as_text(item.get("key")), (*path, "key"))
    if operator in _NEED_VALUES:
        if not values:
            found.append(SelectorFault(path, f"operator {operator!r} needs values"))
    elif operator in _NO_VALUES:
        if values:
            found.append(SelectorFault((*path, "values"), f"operator {operator!r} takes no values"))
    else:
        found.append(SelectorFault((*path, "operator"), f"operator {operator!r} does not exist"))
    for index, value in enumerate(values):
        found += _value_fault(value, (*path, "values", index))
    return found


def _key_fault(key: str, path: Path) -> list[SelectorFault]:
    prefix, slash, name = key.rpartition("/")
    fits = bool(_NAME.match(name)) and (not slash or (len(prefix) <= _LONGEST_PREFIX and bool(_PREFIX.match(prefix))))
    return [] if fits else [SelectorFault(path, f"{key!r} is no label key")]


def _value_fault(value: Any, path: Path) -> list[SelectorFault]:
    fits = isinstance(value, str) and bool(_VALUE.match(value))
    return [] if fits else [SelectorFault(path, f"{value!r} is no label value")]
