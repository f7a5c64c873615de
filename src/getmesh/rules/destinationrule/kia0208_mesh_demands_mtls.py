"""KIA0208: clients send plain text where the mesh's policy demands mutual TLS."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_destinationrules import KialiDestinationRules
from getmesh.model.kiali_peers import KialiPeers
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, Viewers

META = RuleMeta(
    code="KIA0208",
    name="destinationrule-mesh-demands-mtls",
    severity=Severity.ERROR,
    title="Wide rule turns TLS off where the mesh's PeerAuthentication demands it",
    means=(
        "This rule makes clients send plain text to a namespace or to the whole mesh, while a STRICT "
        "PeerAuthentication in the root namespace holds and no policy of a namespace that uses the rule relaxes it."
    ),
    why="Servers that demand mutual TLS reset the plain connections of these clients.",
    fix="Set the rule's mode to ISTIO_MUTUAL, or make the mesh's PeerAuthentication PERMISSIVE while clients move.",
    message="clients of {host!r} send plain text, but the mesh's PeerAuthentication is STRICT{viewers}",
    reads=(),
    uses=(KialiDestinationRules, KialiPeers, Viewers),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each wide rule with DISABLE that the mesh's policy contradicts."""
    viewers, peers = snapshot.service(Viewers), snapshot.service(KialiPeers)
    inheriting = peers.root_strict & ~peers.on & ~peers.off
    for facts in snapshot.service(KialiDestinationRules).all if peers.root_strict else ():
        if facts.mode != "DISABLE":
            continue
        part = facts.seen & (peers.root_strict if facts.mesh_wide else inheriting if facts.namespace_wide else NOBODY)
        if part:
            note = viewers.note(part, facts.seen)
            yield META.on(facts.rule, ("spec", "trafficPolicy", "tls", "mode"), host=facts.raw, viewers=note)
