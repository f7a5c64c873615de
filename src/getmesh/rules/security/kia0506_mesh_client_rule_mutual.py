"""KIA0506: the mesh turns mutual TLS off, and clients are made to use it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_mtls import MESH_HOST, MUTUAL, KialiMtls, client_mode, wide_mode
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0506",
    name="peerauthentication-mesh-client-rule-mutual",
    severity=Severity.ERROR,
    title="Mesh turns mutual TLS off, but a DestinationRule makes clients use it",
    means=(
        "The PeerAuthentication of the root namespace is DISABLE, but a DestinationRule for *.local makes clients"
        " speak mutual TLS."
    ),
    why="Clients start a TLS handshake that the workloads do not understand, and connections fail.",
    fix=(
        "Set the tls mode of the DestinationRule for *.local to DISABLE or remove it, or turn mutual TLS on for "
        "the mesh."
    ),
    message="mutual TLS is off in the mesh, but a DestinationRule for *.local makes clients use it",
    reads=("PeerAuthentication",),
    uses=(KialiMembership, KialiMtls),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia0506---destination-rule-disabling-mesh-wide-mtls-is-missing",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each DISABLE policy of a root namespace that meets a mutual mesh-wide client rule."""
    membership = snapshot.service(KialiMembership)
    mtls = snapshot.service(KialiMtls)
    for policy in membership.objects("PeerAuthentication"):
        namespace = policy.namespace
        if membership.root(namespace) != namespace or wide_mode(policy) != "DISABLE":
            continue
        if any(client_mode(rule) in MUTUAL for rule in mtls.rules(MESH_HOST, namespace)):
            yield META.on(policy, ("spec", "mtls"))
