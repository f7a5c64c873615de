"""GM0203: the root namespace is not discovered."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="GM0203",
    name="namespace-root-hidden",
    severity=Severity.ERROR,
    title="The root namespace is not discovered",
    means="No discovery selector matches the namespace that holds mesh-wide objects; it is no exception for istiod.",
    why=(
        "Mesh-wide PeerAuthentication, AuthorizationPolicy, Sidecar, Telemetry, EnvoyFilter and DestinationRule objects"
        " silently stop applying: strict mutual TLS becomes permissive, and what was denied is allowed."
    ),
    fix="Give the root namespace a label that one of the selectors asks for.",
    message="root namespace '{name}' matches no discovery selector, so mesh-wide objects in it do not apply",
    reads=(),
    uses=(SelectedNamespaces,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield a finding on each declared root namespace that its istiod does not look at."""
    selected = snapshot.service(SelectedNamespaces)
    done: set[str] = set()
    for plane, selection in selected.planes():
        name = plane.mesh.root_namespace
        namespace = selected.declared(name)
        if namespace is not None and not selection.sees(name) and name not in done:
            done.add(name)
            yield META.on(namespace, name=name)
