"""KIA0401: the mesh accepts only mutual TLS, and nothing makes clients use it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_mtls import MESH_HOST, KialiMtls, client_mode, wide_mode
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0401",
    name="peerauthentication-mesh-client-rule-missing",
    severity=Severity.ERROR,
    title="Mesh requires mutual TLS, but no DestinationRule makes clients use it",
    means=(
        "The PeerAuthentication of the root namespace is STRICT and automatic mutual TLS is off, but no "
        "DestinationRule for *.local sets ISTIO_MUTUAL."
    ),
    why="Clients send plain text, which every workload of the mesh refuses.",
    fix="Add a DestinationRule with host *.local and tls mode ISTIO_MUTUAL, or turn enableAutoMtls on.",
    message="no DestinationRule makes clients of the mesh use mutual TLS",
    reads=("PeerAuthentication",),
    uses=(KialiMembership, KialiMtls),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia0401---mesh-wide-destination-rule-enabling-mtls-is-missing",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each STRICT policy of a root namespace that no mesh-wide client rule answers."""
    membership = snapshot.service(KialiMembership)
    mtls = snapshot.service(KialiMtls)
    for policy in membership.objects("PeerAuthentication"):
        namespace = policy.namespace
        if membership.root(namespace) != namespace or mtls.auto(namespace) or wide_mode(policy) != "STRICT":
            continue
        if not any(client_mode(rule) == "ISTIO_MUTUAL" for rule in mtls.rules(MESH_HOST, namespace)):
            yield META.on(policy, ("spec", "mtls"))
