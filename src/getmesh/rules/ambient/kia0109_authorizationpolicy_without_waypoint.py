"""KIA0109: an AuthorizationPolicy in an ambient namespace applies to what uses no waypoint."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0109",
    name="authorizationpolicy-without-waypoint",
    severity=Severity.WARNING,
    title="AuthorizationPolicy needs a waypoint, and what it is meant for uses none",
    means=(
        "The namespace is in ambient mode, where only waypoints carry out rules on HTTP, but a Service, a "
        "workload or the namespace that the AuthorizationPolicy is meant for is not enrolled to one."
    ),
    why="Ztunnel cannot read HTTP: it ignores such rules, or denies all traffic that they should allow.",
    fix="Label the Service, the workload or the namespace with istio.io/use-waypoint.",
    message="rules on HTTP need a waypoint, and what this AuthorizationPolicy is meant for uses none",
    reads=("AuthorizationPolicy",),
    uses=(KialiAmbient,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia0109",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each AuthorizationPolicy that is meant for something without a waypoint."""
    ambient = snapshot.service(KialiAmbient)
    for policy in ambient.layer7("AuthorizationPolicy"):
        if ambient.unenrolled(policy):
            yield META.on(policy)
