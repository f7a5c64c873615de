"""GM0210: discovery selectors are set, and a namespace with Services has no Namespace object."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0210",
    name="service-namespace-undeclared",
    severity=Severity.WARNING,
    title="A namespace is hidden because its Namespace object is missing",
    means="With discovery selectors only known namespaces can match, and nothing here declares this one.",
    why="Everything in it is left out: the input is incomplete, or the Services will not be found.",
    fix="Add the Namespace object with its labels to the input.",
    message="namespace '{namespace}' has no Namespace object, so its Services are not discovered: {count}",
    reads=("Service",),
    uses=(SelectedNamespaces,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each undeclared namespace, on the first Service in it."""
    selected = snapshot.service(SelectedNamespaces)
    services = snapshot.each("Service")
    counts: dict[str, int] = {}
    for service in services if selected.filtering else ():
        counts[service.namespace] = counts.get(service.namespace, 0) + 1
    done: set[str] = set()
    for service in services if counts else ():
        name = service.namespace
        if name not in done and selected.declared(name) is None and selected.hides(name):
            done.add(name)
            yield META.on(service, ("metadata", "namespace"), namespace=name, count=counts[name])
