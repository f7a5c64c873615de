"""KIA1117: a Telemetry in an ambient namespace attaches to nothing that reads HTTP."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_policies import target_refs
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1117",
    name="telemetry-without-target",
    severity=Severity.WARNING,
    title="Telemetry of an ambient namespace names no target",
    means=(
        "The namespace is in ambient mode, where a waypoint takes up tracing, access logs and metric overrides "
        "only from objects that refer to it or to a Service by targetRefs, and this one has none."
    ),
    why="A selector attaches to ztunnel, which cannot read HTTP, so the Telemetry has no effect there.",
    fix="Add targetRefs that name the Service, or the waypoint's Gateway.",
    message="tracing, access logs and metric overrides need targetRefs in an ambient namespace",
    reads=("Telemetry",),
    uses=(KialiAmbient,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1117",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Telemetry that needs a waypoint and refers to none."""
    ambient = snapshot.service(KialiAmbient)
    for telemetry in ambient.layer7("Telemetry"):
        if not target_refs(telemetry):
            yield META.on(telemetry)
