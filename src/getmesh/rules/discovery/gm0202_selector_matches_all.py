"""GM0202: a discovery selector says nothing and so selects every namespace."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.selected import SelectedNamespaces, within
from getmesh.model.objects import as_map
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0202",
    name="meshconfig-selector-matches-all",
    severity=Severity.WARNING,
    title="A discovery selector matches every namespace",
    means="One of the discovery selectors has neither matchLabels nor matchExpressions.",
    why=(
        "Selectors are alternatives, so an empty one selects every namespace and the others do nothing. A misspelt"
        " field such as matchLabel has the same effect, because istiod ignores fields that it does not know."
    ),
    fix="Remove the empty selector, or write matchLabels or matchExpressions into it.",
    message="discoverySelectors[{index}] is empty, so every namespace is discovered",
    reads=(),
    uses=(SelectedNamespaces,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each selector that says nothing."""
    for holder, selection in snapshot.service(SelectedNamespaces).holders():
        for index, selector in enumerate(holder.selectors if selection.filtering else ()):
            held = as_map(selector)
            if not held.get("matchLabels") and not held.get("matchExpressions"):
                yield META.on(holder.object, within(holder, (index,)), index=index)
