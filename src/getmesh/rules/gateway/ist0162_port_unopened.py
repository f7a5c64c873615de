"""IST0162: a server's port is opened by no Service of the gateway's pods."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.exposure import Exposure
from getmesh.model.gateways import selector, servers
from getmesh.model.objects import as_map, as_quoted_number
from getmesh.model.pods import Pods
from getmesh.model.selectors import selector_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0162",
    name="gateway-port-unopened",
    severity=Severity.WARNING,
    title="No Service opens the port of a Gateway's server",
    means="No Service in front of the Gateway's pods has this number as a TCP port or numeric target port.",
    why="The proxy listens, but clients that come through the Service cannot reach the port.",
    fix="Add the port to the Service of the gateway, or use a port that it opens.",
    message="port {port} is opened by no Service of the pods {selector!r}",
    reads=("Gateway",),
    uses=(Pods, Exposure),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "A port of a Service in a file that names no protocol does not count.",
            "It counts as TCP, which is what a cluster makes of it.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0162/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each server, of a Gateway with pods, whose port none of their Services opens."""
    pods, exposure = snapshot.service(Pods), snapshot.service(Exposure)
    opened: dict[str, frozenset[int] | None] = {}
    for gateway in snapshot.each("Gateway"):
        labels = selector(gateway)
        text = selector_text(labels)
        if text not in opened:
            chosen = pods.select(labels)
            opened[text] = exposure.open_ports(chosen) if chosen else None
        ports = opened[text]
        for index, server in enumerate(servers(gateway) if ports is not None else ()):
            number = as_quoted_number(as_map(server.get("port")).get("number"))
            if server.get("port") is not None and number not in (ports or ()):
                path = ("spec", "selector", min(labels)) if labels else ("spec", "servers", index)
                yield META.on(gateway, path, port=number, selector=text)
