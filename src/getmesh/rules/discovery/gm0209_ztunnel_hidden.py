"""GM0209: ztunnel runs in a namespace that is not discovered."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0209",
    name="ztunnel-namespace-hidden",
    severity=Severity.ERROR,
    title="Ztunnel's namespace is not discovered",
    means="The DaemonSet ztunnel is in a namespace that no discovery selector matches.",
    why=(
        "A certificate request of ztunnel on behalf of a pod is checked against ztunnel's own pod, which istiod does"
        " not see: it refuses, and ambient workloads lose mutual TLS."
    ),
    fix="Give ztunnel's namespace a label that one of the selectors asks for.",
    message="ztunnel runs in namespace '{namespace}', which matches no discovery selector",
    reads=("DaemonSet",),
    uses=(SelectedNamespaces,),
    since="0.1",
    istio=">=1.22",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield a finding for each ztunnel that is hidden."""
    selected = snapshot.service(SelectedNamespaces)
    for daemon in snapshot.each("DaemonSet"):
        if (daemon.name == "ztunnel" or daemon.labels.get("app") == "ztunnel") and selected.hides(daemon.namespace):
            yield META.on(daemon, namespace=daemon.namespace)
