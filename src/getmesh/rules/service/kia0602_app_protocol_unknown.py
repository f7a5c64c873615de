"""KIA0602: the appProtocol of a Service port is none that the mesh knows."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_services import KialiServices, is_app_protocol
from getmesh.model.objects import as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0602",
    name="service-app-protocol-unknown",
    severity=Severity.ERROR,
    title="Port has an appProtocol that the mesh does not know",
    means=(
        "A port of a Service in the mesh has an appProtocol that is empty or unknown, and it replaces what the name "
        "of the port says."
    ),
    why="The port is treated as if no protocol were declared, so HTTP routing and request metrics may be missing.",
    fix="Set appProtocol to a known protocol such as http, http2, grpc or tcp, or remove the field.",
    message="appProtocol {value!r} is unknown",
    reads=(),
    uses=(KialiServices,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia0602---port-appprotocol-must-follow-protocol-form",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each port with an appProtocol that is not known."""
    for service, index, port in snapshot.service(KialiServices).ports():
        value = port.get("appProtocol")
        if value is not None and not is_app_protocol(as_text(value)):
            yield META.on(service, ("spec", "ports", index), value=as_text(value))
