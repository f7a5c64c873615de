"""KIA1101: a route leads to a host that nothing answers to."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_registry import KialiRegistry
from getmesh.model.kiali_routes import KialiRoutes
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers

META = RuleMeta(
    code="KIA1101",
    name="virtualservice-unknown-destination",
    severity=Severity.ERROR,
    title="A route leads to a host that nothing answers to",
    means=(
        "The destination is neither a Service that the VirtualService's namespace sees nor covered by a ServiceEntry "
        "that is visible; where the mesh lets traffic to unknown hosts pass this is a warning."
    ),
    why="Requests on this route fail with 503, since the proxy has no cluster for the host.",
    fix=(
        "Correct the host, write it as <service>.<namespace>.svc.cluster.local if it lives in another namespace, "
        "or add a ServiceEntry that every namespace concerned can see."
    ),
    message="destination host {host!r} is neither a known Service nor covered by a ServiceEntry{viewers}",
    reads=(),
    uses=(KialiRegistry, KialiRoutes, Viewers),
    since="0.1",
    differs=(
        Difference(
            "kiali",
            "It takes a full Service name only if it ends in the trust domain.",
            "Names that end in cluster.local or the cluster's own DNS suffix are Services whatever the trust domain.",
        ),
    ),
    twin="IST0101",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each destination and severity."""
    registry, viewers = snapshot.service(KialiRegistry), snapshot.service(Viewers)
    for routes, leg in snapshot.service(KialiRoutes).legs():
        if leg.target is None or registry.has_service(leg.target.text, routes.route.namespace):
            continue
        unknown = routes.seen & ~registry.cover(leg.target.text)
        lenient = unknown & viewers.allow_any
        for part, severity in ((lenient, Severity.WARNING), (unknown & ~lenient, Severity.ERROR)):
            if part:
                path = (*leg.path, "destination", "host")
                note = viewers.note(part, routes.seen)
                yield META.on(routes.route, path, severity=severity, host=leg.host, viewers=note)
