"""IST0173: a subset of a DestinationRule selects no pod."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.objects import as_list, as_map, as_strings, as_text
from getmesh.model.pods import PlacedPods
from getmesh.model.registry import Registry
from getmesh.model.selectors import selector_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.visibility import export_to

META = RuleMeta(
    code="IST0173",
    name="destinationrule-subset-without-pods",
    severity=Severity.ERROR,
    title="A subset selects no pod",
    means="No pod of the mesh has the labels of this subset, with the topology of its node counted in.",
    why="Requests that are routed to the subset find no endpoint and fail with 503.",
    fix="Correct the subset's labels, or label the pods; subsets of WorkloadEntries can be left as they are.",
    message="subset {subset!r} of host {host!r} selects no pod by {labels!r}",
    reads=("DestinationRule",),
    uses=(Registry, PlacedPods),
    since="0.1",
    twin="KIA0203",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0173/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each subset without pods of a known host; of equal names the last one counts."""
    registry, pods = snapshot.service(Registry), snapshot.service(PlacedPods)
    for rule in snapshot.each("DestinationRule"):
        subsets = as_list(rule.spec.get("subsets"))
        if not subsets:
            continue
        host = as_text(rule.spec.get("host"))
        known = registry.resolve(rule.namespace, export_to(rule), host)
        if known is None:
            continue
        last = {as_text(as_map(subset).get("name")): index for index, subset in enumerate(subsets)}
        for name, index in last.items():
            labels = {**known.labels, **as_strings(as_map(subsets[index]).get("labels"))}
            if not pods.exists(labels):
                text = selector_text(labels)
                yield META.on(rule, ("spec", "subsets", index, "name"), subset=name, host=host, labels=text)
