"""KIA0601: the name of a Service port does not begin with a protocol."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.kiali_services import KialiServices, names_protocol
from getmesh.model.objects import as_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0601",
    name="service-port-name-without-protocol",
    severity=Severity.ERROR,
    title="Port name does not have the form <protocol>[-suffix]",
    means="The port of a Service in the mesh has neither an appProtocol nor a name that begins with a protocol.",
    why=(
        "The proxies must guess the protocol from the first bytes; what they take for plain TCP gets no HTTP routes, "
        "retries or request metrics."
    ),
    fix="Name the port <protocol>[-<suffix>], as in http, grpc-api or tcp-db, or set appProtocol.",
    message="port name {name!r} does not begin with a protocol",
    reads=(),
    uses=(KialiServices,),
    since="0.1",
    twin="IST0118",
    differs=(
        Difference(
            "kiali",
            "It calls its cluster by the first istiod Deployment; if that one sets no CLUSTER_ID, control planes that "
            "do manage nothing but their own namespaces, and Services elsewhere are not judged.",
            "The first istiod that sets CLUSTER_ID names the cluster, so that one without it hides no findings.",
        ),
    ),
    link="https://kiali.io/docs/features/validations/#kia0601---port-name-must-follow-protocol-suffix-form",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each port whose name says no protocol and which has no appProtocol."""
    for service, index, port in snapshot.service(KialiServices).ports():
        name = as_text(port.get("name"))
        if port.get("appProtocol") is None and not names_protocol(name):
            yield META.on(service, ("spec", "ports", index), name=name)
