"""GM0210: discovery selectors are set, and a namespace that istiod would read has no Namespace object."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.snapshot import Snapshot

KINDS = (
    "Service", "ServiceEntry", "VirtualService", "DestinationRule", "Gateway", "Sidecar", "WorkloadEntry",
    "AuthorizationPolicy", "PeerAuthentication",
)  # fmt: skip
META = RuleMeta(
    code="GM0210",
    name="service-namespace-undeclared",
    severity=Severity.WARNING,
    title="A namespace is hidden because its Namespace object is missing",
    means="With discovery selectors only known namespaces can match, and nothing here declares this one.",
    why="Everything in it is left out: the input is incomplete, or its Services and routes will not be found.",
    fix="Add the Namespace object with its labels to the input.",
    message="namespace '{namespace}' has no Namespace object, so nothing in it is discovered: {held}",
    reads=KINDS,
    uses=(SelectedNamespaces,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each undeclared namespace, on the first object in it."""
    selected = snapshot.service(SelectedNamespaces)
    held: dict[str, dict[str, int]] = {}
    for kind in KINDS if selected.filtering else ():
        for obj in snapshot.each(kind):
            if selected.declared(obj.namespace) is None and selected.hides(obj.namespace):
                counts = held.setdefault(obj.namespace, {})
                counts[kind] = counts.get(kind, 0) + 1
    for name, counts in sorted(held.items()):
        first = snapshot.within(next(iter(counts)), name)[0]
        said = ", ".join(f"{kind} ({number})" for kind, number in counts.items())
        yield META.on(first, ("metadata", "namespace"), namespace=name, held=said)
