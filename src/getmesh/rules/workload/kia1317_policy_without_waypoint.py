"""KIA1317: rules on HTTP reach a workload that has no waypoint."""

from collections.abc import Iterator

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_membership import DATAPLANE_LABEL
from getmesh.model.kiali_reach import HttpPolicyReach
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1317",
    name="workload-policy-without-waypoint",
    severity=Severity.WARNING,
    title="Workload has an AuthorizationPolicy on HTTP but no waypoint",
    means="An AuthorizationPolicy with rules on HTTP reaches a workload in ambient that no waypoint serves.",
    why="Ztunnel cannot read HTTP: it ignores such rules, or denies all traffic that they should allow.",
    fix="Enrol the workload to a running waypoint, or keep to rules on identities and ports.",
    message="AuthorizationPolicy {policy!r} has rules on HTTP, but no waypoint serves the workload",
    reads=(),
    uses=(
        HttpPolicyReach,
        KialiAmbient,
        KialiWorkloads,
    ),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1317",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each workload in ambient, gateways and waypoints aside, that such a policy reaches."""
    ambient = snapshot.service(KialiAmbient)
    reach = snapshot.service(HttpPolicyReach)
    for workload in snapshot.service(KialiWorkloads).judged:
        if not (ambient.labelled(workload) or ambient.redirected(workload)) or workload.waypoint or workload.gateway:
            continue
        if workload.labels.get(DATAPLANE_LABEL) == "none" or ambient.waypoint(workload) is not None:
            continue
        policy = reach.first(workload)
        if policy is not None:
            related = (Related(policy, ("spec", "rules"), "has rules on HTTP"),)
            yield META.on(workload.subject, workload.labels_path, related=related, policy=policy.name)
