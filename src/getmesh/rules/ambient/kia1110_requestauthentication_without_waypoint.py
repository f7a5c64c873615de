"""KIA1110: a RequestAuthentication in an ambient namespace applies to what uses no waypoint."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1110",
    name="requestauthentication-without-waypoint",
    severity=Severity.WARNING,
    title="RequestAuthentication needs a waypoint, and what it is meant for uses none",
    means=(
        "The namespace is in ambient mode, where only waypoints carry out JWT checks, but a Service, a workload "
        "or the namespace that the RequestAuthentication is meant for is not enrolled to one."
    ),
    why="Traffic that passes no waypoint is not touched by it.",
    fix="Label the Service, the workload or the namespace with istio.io/use-waypoint.",
    message="JWT checks need a waypoint, and what this RequestAuthentication is meant for uses none",
    reads=("RequestAuthentication",),
    uses=(KialiAmbient,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1110",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each RequestAuthentication that is meant for something without a waypoint."""
    ambient = snapshot.service(KialiAmbient)
    for policy in ambient.layer7("RequestAuthentication"):
        if ambient.unenrolled(policy):
            yield META.on(policy)
