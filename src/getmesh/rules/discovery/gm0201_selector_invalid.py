"""GM0201: a discovery selector cannot be used."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.selected import SelectedNamespaces, within
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0201",
    name="meshconfig-selector-invalid",
    severity=Severity.ERROR,
    title="A discovery selector is invalid",
    means="One of the discovery selectors of mesh configuration cannot be converted by istiod.",
    why=(
        "One bad selector drops all of them: a starting istiod discovers every namespace, and a running one keeps the"
        " selection that it had before, so two replicas can disagree."
    ),
    fix="Use the operators In and NotIn with values, Exists and DoesNotExist without, and legal label keys and values.",
    message="discoverySelectors{place}: {problem}, so all selectors are ignored",
    reads=(),
    uses=(SelectedNamespaces,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each fault of a selector."""
    for holder, selection in snapshot.service(SelectedNamespaces).holders():
        for fault in selection.faults:
            place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in fault.path)
            yield META.on(holder.object, within(holder, fault.path), place=place, problem=fault.problem)
