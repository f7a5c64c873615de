"""IST0132: a Gateway that a VirtualService names serves none of its hosts."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.wording import listing
from getmesh.model.gateways import MESH, Gateways, is_internal, references, split_reference
from getmesh.model.objects import as_list, as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0132",
    name="virtualservice-host-not-served",
    severity=Severity.WARNING,
    title="No server of the named Gateway serves a host of the VirtualService",
    means="None of the hosts of this VirtualService overlaps a host that the Gateway serves to its namespace.",
    why="The routes are not bound to that Gateway, so its clients get 404 or a reset connection.",
    fix="Add the host to a server of the Gateway, mind its namespace part, or name the Gateway that serves it.",
    message="gateway {gateway!r} serves none of the hosts {hosts}",
    reads=("VirtualService",),
    uses=(Gateways,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0132/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each gateway reference that serves no host; one shared host of many is enough."""
    gateways = snapshot.service(Gateways)
    for route in snapshot.each("VirtualService"):
        hosts = [as_text(host) for host in as_list(route.spec.get("hosts"))]
        for place in references(route):
            if place.text == MESH or is_internal(place.text):
                continue
            name = split_reference(route.namespace, place.text)
            if not gateways.serves(name, route.namespace, hosts):
                yield META.at(place, gateway="/".join(name), hosts=listing(map(repr, hosts)) or "(there are none)")
