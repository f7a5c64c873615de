"""KIA0501: a namespace accepts only mutual TLS, and nothing makes clients use it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_mtls import MESH_HOST, KialiMtls, client_mode, wide_mode
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0501",
    name="peerauthentication-namespace-client-rule-missing",
    severity=Severity.ERROR,
    title="Namespace requires mutual TLS, but no DestinationRule makes clients use it",
    means=(
        "The PeerAuthentication of the namespace is STRICT and automatic mutual TLS is off, but no "
        "DestinationRule for all its Services, or for *.local, sets ISTIO_MUTUAL."
    ),
    why="Clients send plain text, which the workloads of the namespace refuse.",
    fix=(
        "Add a DestinationRule with host *.<namespace>.svc.<trust domain> and tls mode ISTIO_MUTUAL, or turn "
        "enableAutoMtls on."
    ),
    message="no DestinationRule for {host} or *.local makes clients use mutual TLS",
    reads=("PeerAuthentication",),
    uses=(KialiMembership, KialiMtls),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia0501---destination-rule-enabling-namespace-wide-mtls-is-missing",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each STRICT policy of a namespace that no client rule answers."""
    membership = snapshot.service(KialiMembership)
    mtls = snapshot.service(KialiMtls)
    for policy in membership.objects("PeerAuthentication"):
        namespace = policy.namespace
        root = membership.root(namespace)
        if root in ("", namespace) or mtls.auto(namespace) or wide_mode(policy) != "STRICT":
            continue
        host = mtls.namespace_host(namespace)
        rules = (rule for wanted in (MESH_HOST, host) for rule in mtls.rules(wanted, namespace))
        if not any(client_mode(rule) == "ISTIO_MUTUAL" for rule in rules):
            yield META.on(policy, ("spec", "mtls"), host=host)
