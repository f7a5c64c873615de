"""KIA0206: clients of a namespace use mutual TLS, yet no policy lets its servers accept it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_destinationrules import KialiDestinationRules
from getmesh.model.kiali_peers import KialiPeers
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers

META = RuleMeta(
    code="KIA0206",
    name="destinationrule-namespace-policy-missing",
    severity=Severity.ERROR,
    title="Namespace-wide mutual TLS of clients has no PeerAuthentication behind it",
    means=(
        "This rule makes clients use mutual TLS with a whole namespace while automatic mutual TLS is off, and some "
        "namespace that uses it has no STRICT or PERMISSIVE PeerAuthentication, nor has the root namespace."
    ),
    why="Clients and servers disagree about encryption, and nothing states that servers accept it.",
    fix=(
        "Create a PeerAuthentication without a selector in the namespace or in the root namespace; "
        "export the rule only to namespaces that are meant to use it."
    ),
    message="clients of {host!r} use mutual TLS, but no PeerAuthentication turns it on{viewers}",
    reads=(),
    uses=(KialiDestinationRules, KialiPeers, Viewers),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each namespace-wide rule with ISTIO_MUTUAL that no policy answers."""
    viewers, peers = snapshot.service(Viewers), snapshot.service(KialiPeers)
    lacking = peers.manual & ~peers.on & ~peers.root_on
    for facts in snapshot.service(KialiDestinationRules).all if lacking else ():
        if facts.namespace_wide and facts.mode == "ISTIO_MUTUAL" and (part := facts.seen & lacking):
            note = viewers.note(part, facts.seen)
            yield META.on(facts.rule, ("spec", "trafficPolicy", "tls", "mode"), host=facts.raw, viewers=note)
