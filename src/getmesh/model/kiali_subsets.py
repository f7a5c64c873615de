"""Whether the hosts and subsets of DestinationRules lead anywhere, seen from each viewer.

Kiali: ``business/checkers/destinationrules/no_dest_checker.go``.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import ClassVar, Final, NamedTuple

from getmesh.model.kiali_destinationrules import KialiDestinationRules, RuleFacts
from getmesh.model.kiali_registry import KialiRegistry
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.objects import as_list, as_map, as_strings, as_text
from getmesh.model.selectors import LabelIndex, Labels, matches
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, Viewers, ViewerSet

_FEW: Final = 16
"""So many workloads behind a Service are tried one by one, more are asked of the index."""

_APP_LABELS: Final = ("service.istio.io/canonical-name", "app.kubernetes.io/name", "app")


def app_label(labels: Mapping[str, str], own: str = "") -> str | None:
    """Give the application's name by the label that Kiali is told of, else by the first known one; None if unknown."""
    return next((labels[key] for key in ((own,) if own else _APP_LABELS) if key in labels), None)


class Subset(NamedTuple):
    """One subset of a DestinationRule.

    Attributes:
        place: its position.
        name: as written.
        labels: as written.
        matched: viewers for which some workload or endpoint has these labels; nobody for a subset without labels.
    """

    place: int
    name: str
    labels: Mapping[str, str]
    matched: ViewerSet


class KialiSubsets:
    """Judges hosts and subsets of DestinationRules; what two rules ask is answered once."""

    READS: ClassVar[frozenset[str]] = KialiDestinationRules.READS | KialiRegistry.READS | KialiWorkloads.READS

    def __init__(self, snapshot: Snapshot) -> None:
        self._app_label = snapshot.settings.kiali.app_label
        self._rules = snapshot.service(KialiDestinationRules)
        self._registry = snapshot.service(KialiRegistry)
        self._workloads = snapshot.service(KialiWorkloads)
        self._viewers = snapshot.service(Viewers)
        self._endpoint_memo: dict[frozenset[tuple[str, str]], ViewerSet] = {}
        self._unknown: dict[tuple[str, str], ViewerSet] = {}
        self._subsets: dict[tuple[str, str], list[Subset]] = {}
        self._behind: dict[tuple[str, str], list[Labels]] = {}

    def judged(self) -> Iterator[RuleFacts]:
        """Yield every DestinationRule that some viewer sees."""
        yield from self._rules.all

    def unknown(self, facts: RuleFacts) -> ViewerSet:
        """Give the viewers for which nothing answers to a rule's host.

        Wildcards are never unknown. Services are looked up from the rule's namespace, ServiceEntries from the
        viewer's; in the rule's own namespace a workload of that name is enough.
        """
        key = facts.rule.namespace, facts.rule.name
        found = self._unknown.get(key)
        if found is None:
            found = self._unknown[key] = NOBODY if self._known(facts) else self._uncovered(facts)
        return found

    def subsets(self, facts: RuleFacts) -> list[Subset]:
        """Give the subsets of a rule, judged from the viewers that know its host."""
        key = facts.rule.namespace, facts.rule.name
        if key not in self._subsets:
            self._subsets[key] = self._judge(facts)
        return self._subsets[key]

    def _judge(self, facts: RuleFacts) -> list[Subset]:
        known = facts.seen & ~self.unknown(facts)
        found = []
        for index, item in enumerate(as_list(facts.rule.spec.get("subsets"))):
            if item is None:
                continue
            labels = as_strings(as_map(item).get("labels"))
            matched = known & self._matched(facts, labels) if labels else NOBODY
            found.append(Subset(index, as_text(as_map(item).get("name")), labels, matched))
        return found

    def _known(self, facts: RuleFacts) -> bool:
        if facts.host.is_wildcard:
            return True
        name, namespace = facts.host.pair
        if namespace == facts.rule.namespace and (namespace, name) in self._applications:
            return True
        return self._registry.has_service(facts.host.text, facts.rule.namespace)

    def _uncovered(self, facts: RuleFacts) -> ViewerSet:
        return facts.seen & ~self._registry.cover(facts.host.text)

    def _matched(self, facts: RuleFacts, labels: Mapping[str, str]) -> ViewerSet:
        if facts.host.is_wildcard:
            return facts.seen
        name, namespace = facts.host.pair
        service = self._registry.service(name, namespace)
        selector = as_strings(service.spec.get("selector")) if service else {}
        if not selector:
            return self._endpoints_with(labels)
        behind = self._behind.get((namespace, name))
        if behind is None:
            behind = [item.labels for item in self._workloads.select(namespace, selector)]
            self._behind[namespace, name] = behind
        if len(behind) <= _FEW:
            return facts.seen if any(matches(labels, held) for held in behind) else NOBODY
        if any(selector.get(key, value) != value for key, value in labels.items()):
            return NOBODY
        return facts.seen if self._workloads.select(namespace, {**selector, **labels}) else NOBODY

    def _endpoints_with(self, labels: Mapping[str, str]) -> ViewerSet:
        key = frozenset(labels.items())
        found = self._endpoint_memo.get(key)
        if found is None:
            found = NOBODY
            for seen in self._endpoints.select(labels):
                found |= seen
            self._endpoint_memo[key] = found
        return found

    @cached_property
    def _applications(self) -> frozenset[tuple[str, str]]:
        named = ((item.namespace, app_label(item.labels, self._app_label)) for item in self._workloads.all)
        return frozenset((namespace, name) for namespace, name in named if name is not None)

    @cached_property
    def _endpoints(self) -> LabelIndex[ViewerSet]:
        return LabelIndex(
            (as_strings(as_map(endpoint).get("labels")), self._viewers.seen(entry))
            for entry in self._viewers.objects("ServiceEntry")
            for endpoint in as_list(entry.spec.get("endpoints"))
            if endpoint is not None
        )
