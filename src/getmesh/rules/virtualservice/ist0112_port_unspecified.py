"""IST0112: a destination names no port of a host that has several."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.wording import listing
from getmesh.model.registry import Registry
from getmesh.model.routes import Routes
from getmesh.model.snapshot import Snapshot
from getmesh.model.visibility import export_to

META = RuleMeta(
    code="IST0112",
    name="virtualservice-port-unspecified",
    severity=Severity.ERROR,
    title="A destination must say which of several ports it means",
    means="The destination's host has more than one port, and the destination has no port selector.",
    why="The proxy keeps the port of the request, so traffic from a gateway or another port goes nowhere.",
    fix="Set destination.port.number to one of the ports.",
    message="destination host {host!r} has the ports {ports}, and none is chosen",
    reads=(),
    uses=(Routes, Registry),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0112/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each destination of a known host with several ports that chooses none."""
    registry = snapshot.service(Registry)
    for route, targets in snapshot.service(Routes).each():
        visible = export_to(route)
        for target in targets:
            if target.port is None:
                known = registry.resolve(route.namespace, visible, target.host)
                if known is not None and len(known.ports) > 1:
                    ports = listing(map(str, known.ports), limit=10)
                    yield META.on(route, target.host_path, host=target.host, ports=ports)
