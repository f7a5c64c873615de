"""IST0150: a port of an ExternalName Service is named so that the proxy listens for everything on it."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.membership import control_plane, managed_gateway
from getmesh.model.objects import as_list, as_map
from getmesh.model.portnames import unclear_ports
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0150",
    name="service-external-name-port-unclear",
    severity=Severity.WARNING,
    title="Port of an ExternalName Service is taken for plain TCP",
    means=(
        "The Service is of type ExternalName and one of its ports is named tcp, or has a name that declares "
        "no protocol."
    ),
    why=(
        "Without a host to match, the proxy opens a listener for every address at that port, and it swallows the "
        "traffic of other services."
    ),
    fix="Give the port a protocol that carries a host, such as http-web or tls-api, or a prefix as in tcp-db.",
    message="port {port} of an ExternalName service is named {name!r}, which makes it plain TCP for every address",
    reads=("Service",),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0150/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each unclear port and each port named exactly ``tcp``."""
    for service in snapshot.each("Service"):
        if service.spec.get("type") != "ExternalName" or control_plane(service) or managed_gateway(service):
            continue
        unclear = {index for index, _ in unclear_ports(service)}
        for index, port in enumerate(map(as_map, as_list(service.spec.get("ports")))):
            if index in unclear or port.get("name") == "tcp":
                yield META.on(
                    service,
                    ("spec", "ports", index, "port"),
                    name=port.get("name") or "",
                    port=port.get("port") or 0,
                )
