"""GM0211: proxies run in a namespace that is not discovered."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.hiddenproxies import HiddenProxies
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0211",
    name="namespace-proxies-hidden",
    severity=Severity.WARNING,
    title="Proxies run in a namespace that is not discovered",
    means="Pods with a proxy run in this namespace, and no discovery selector matches it.",
    why=(
        "The proxies stay connected and still see the discovered part of the mesh, but not themselves: no inbound"
        " clusters, no policies, and nobody else finds their Services; calls to them leave in plain text."
    ),
    fix="Label the namespace as the selectors ask, or take its workloads out of the mesh.",
    message="namespace '{name}' matches no discovery selector, yet pods with a proxy run in it: {count}",
    reads=(),
    uses=(HiddenProxies, SelectedNamespaces),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each hidden namespace with proxies."""
    hidden = snapshot.service(HiddenProxies)
    for namespace in snapshot.service(SelectedNamespaces).namespaces():
        count = hidden.count(namespace.name)
        if count:
            yield META.on(namespace, name=namespace.name, count=count)
