"""KIA0505: a namespace turns mutual TLS off, and clients are made to use it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_mtls import MESH_HOST, MUTUAL, KialiMtls, client_mode, wide_mode
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0505",
    name="peerauthentication-namespace-client-rule-mutual",
    severity=Severity.ERROR,
    title="Namespace turns mutual TLS off, but a DestinationRule makes clients use it",
    means=(
        "The PeerAuthentication of the namespace is DISABLE, but the DestinationRule that holds for its Services,"
        " or the mesh-wide one, makes clients speak mutual TLS."
    ),
    why="Clients start a TLS handshake that the workloads of the namespace do not understand, and connections fail.",
    fix=(
        "Add a DestinationRule for *.<namespace>.svc.<trust domain> with tls mode DISABLE, or turn mutual TLS on "
        "for the namespace."
    ),
    message="mutual TLS is off here, but a DestinationRule makes clients use it for {host}",
    reads=("PeerAuthentication",),
    uses=(KialiMembership, KialiMtls),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia0505---destination-rule-disabling-namespace-wide-mtls-is-missing",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each DISABLE policy of a namespace; its own DISABLE client rule excuses a mesh-wide one."""
    membership = snapshot.service(KialiMembership)
    mtls = snapshot.service(KialiMtls)
    for policy in membership.objects("PeerAuthentication"):
        namespace = policy.namespace
        root = membership.root(namespace)
        if root in ("", namespace) or wide_mode(policy) != "DISABLE":
            continue
        host = mtls.namespace_host(namespace)
        modes = [client_mode(rule) for rule in mtls.rules(host, namespace)]
        decided = next((mode for mode in modes if mode in MUTUAL or mode == "DISABLE"), "")
        if decided in MUTUAL:
            yield META.on(policy, ("spec", "mtls"), host=host)
        elif not decided and any(client_mode(rule) in MUTUAL for rule in mtls.rules(MESH_HOST, namespace)):
            yield META.on(policy, ("spec", "mtls"), host=MESH_HOST)
