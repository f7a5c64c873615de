"""KIA0207: clients of a namespace send plain text where its policy demands mutual TLS."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_destinationrules import KialiDestinationRules
from getmesh.model.kiali_peers import KialiPeers
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers

META = RuleMeta(
    code="KIA0207",
    name="destinationrule-namespace-demands-mtls",
    severity=Severity.ERROR,
    title="Namespace-wide rule turns TLS off where a PeerAuthentication demands it",
    means=(
        "This rule makes clients send plain text to a whole namespace, "
        "while a namespace that uses it has a STRICT PeerAuthentication of its own."
    ),
    why="Servers that demand mutual TLS reset the plain connections of these clients.",
    fix="Set the rule's mode to ISTIO_MUTUAL, or make the PeerAuthentication PERMISSIVE while clients move.",
    message="clients of {host!r} send plain text, but a PeerAuthentication is STRICT{viewers}",
    reads=(),
    uses=(KialiDestinationRules, KialiPeers, Viewers),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each namespace-wide rule with DISABLE that some viewer's own policy contradicts."""
    viewers, strict = snapshot.service(Viewers), snapshot.service(KialiPeers).strict
    for facts in snapshot.service(KialiDestinationRules).all if strict else ():
        if facts.namespace_wide and facts.mode == "DISABLE" and (part := facts.seen & strict):
            note = viewers.note(part, facts.seen)
            yield META.on(facts.rule, ("spec", "trafficPolicy", "tls", "mode"), host=facts.raw, viewers=note)
