"""IST0118: a Service port does not say which protocol it speaks."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.membership import control_plane, managed_gateway
from getmesh.model.portnames import unclear_ports
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0118",
    name="service-port-name-unclear",
    severity=Severity.INFO,
    title="Service port declares no protocol",
    means=(
        "Neither the appProtocol of the port nor the part of its name before the first dash is a protocol that Istio "
        "knows."
    ),
    why=(
        "Istio has to guess from the first bytes, and what it takes for plain TCP gets no HTTP routing, retries or "
        "request metrics."
    ),
    fix="Set appProtocol, or name the port <protocol>[-<suffix>], as in http-web, grpc or tcp-db.",
    message="port {port} named {name!r} (target port {target}) declares no protocol",
    reads=("Service",),
    since="0.1",
    twin="KIA0601",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0118/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each unclear port; parts of Istio and the gateways that it made itself are spared."""
    for service in snapshot.each("Service"):
        if service.spec.get("type") == "ExternalName":
            continue
        unclear = unclear_ports(service)
        if unclear and not control_plane(service) and not managed_gateway(service):
            for index, port in unclear:
                yield META.on(
                    service,
                    ("spec", "ports", index, "port"),
                    name=port.get("name") or "",
                    port=port.get("port") or 0,
                    target=port.get("targetPort") or 0,
                )
