"""GM0207: pods of a namespace will wait for a ConfigMap that nobody makes."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.namespaces import takes_sidecars
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.snapshot import Snapshot

ROOT_CERT = "istio-ca-root-cert"

META = RuleMeta(
    code="GM0207",
    name="namespace-root-certificate-missing",
    severity=Severity.ERROR,
    title="An injected namespace gets no root certificate",
    means="Sidecars are injected in this namespace, but no discovery selector matches it.",
    why=(
        "The ConfigMap istio-ca-root-cert is only put into discovered namespaces, and an injected pod mounts it: new"
        " pods stay in ContainerCreating."
    ),
    fix="Label the namespace as the selectors ask, or switch injection off in it.",
    message="sidecars are injected in namespace '{name}', but it gets no ConfigMap istio-ca-root-cert",
    reads=("ConfigMap",),
    uses=(SelectedNamespaces,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each injected, hidden namespace without the ConfigMap."""
    for namespace in snapshot.service(SelectedNamespaces).namespaces():
        if takes_sidecars(namespace.labels) and not snapshot.has("ConfigMap", namespace.name, ROOT_CERT):
            yield META.on(namespace, name=namespace.name)
