"""KIA0205: clients of the whole mesh use mutual TLS, yet no mesh policy lets servers accept it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_destinationrules import KialiDestinationRules
from getmesh.model.kiali_peers import KialiPeers
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0205",
    name="destinationrule-mesh-policy-missing",
    severity=Severity.ERROR,
    title="Mesh-wide mutual TLS of clients has no PeerAuthentication behind it",
    means=(
        "This rule makes every client use mutual TLS while automatic mutual TLS is off, "
        "and the root namespace has no mesh-wide PeerAuthentication that is STRICT or PERMISSIVE."
    ),
    why="Clients and servers disagree about encryption, and nothing states that servers accept it.",
    fix="Create a PeerAuthentication without a selector in the root namespace, or remove the rule.",
    message="clients of {host!r} use mutual TLS, but no PeerAuthentication of the root namespace turns it on",
    reads=(),
    uses=(KialiDestinationRules, KialiPeers),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each mesh-wide rule with ISTIO_MUTUAL that no mesh-wide policy answers."""
    lacking = (peers := snapshot.service(KialiPeers)).manual & ~peers.root_on
    for facts in snapshot.service(KialiDestinationRules).all if lacking else ():
        if facts.mesh_wide and facts.mode == "ISTIO_MUTUAL" and facts.seen & lacking:
            yield META.on(facts.rule, ("spec", "trafficPolicy", "tls", "mode"), host=facts.raw)
