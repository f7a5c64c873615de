"""IST0167: a Sidecar configures what ambient mode serves without sidecars."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.sidecars import Sidecars
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0167",
    name="sidecar-on-ambient",
    severity=Severity.WARNING,
    title="Sidecar has no effect in ambient mode",
    means="The Sidecar speaks for Pods or a namespace that ambient mode serves through the node's proxy and waypoints.",
    why="Those proxies do not read Sidecars, so the limits on what the workloads may reach are not applied.",
    fix="Remove the Sidecar, or narrow its selector to Pods that have a sidecar.",
    message="configures sidecars for {whom}, which ambient mode serves without them",
    reads=(),
    uses=(Sidecars,),
    since="0.1",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0167/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Sidecar that speaks for ambient Pods or an ambient namespace."""
    sidecars = snapshot.service(Sidecars)
    for sidecar, pods in sidecars.on_ambient_pods:
        others = f" and {len(pods) - 1} more" if len(pods) > 1 else ""
        whom = f"pod '{pods[0].full_name}'{others}"
        yield META.on(sidecar, ("spec", "workloadSelector"), whom=whom)
    for sidecar in sidecars.in_ambient:
        path = ("spec", "workloadSelector") if "workloadSelector" in sidecar.spec else ("spec",)
        yield META.on(sidecar, path, whom=f"namespace '{sidecar.namespace}'")
