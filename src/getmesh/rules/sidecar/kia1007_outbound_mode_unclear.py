"""KIA1007: a Sidecar's outbound traffic policy is REGISTRY_ONLY, perhaps without meaning to."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1007",
    name="sidecar-outbound-mode-unclear",
    severity=Severity.INFO,
    title="A Sidecar blocks traffic to unknown hosts, perhaps without meaning to",
    means=(
        "The outbound traffic policy names no mode or REGISTRY_ONLY; both are the same to Istio, since REGISTRY_ONLY "
        "is the value that an absent mode stands for."
    ),
    why="Workloads that this Sidecar is for cannot reach hosts outside the registry, whatever the mesh allows.",
    fix="Write the mode that is meant: ALLOW_ANY to let traffic pass, or remove the policy to follow the mesh.",
    message="the outbound traffic policy {mode} means REGISTRY_ONLY, which blocks hosts that no registry knows",
    reads=("Sidecar",),
    uses=(KialiMembership,),
    since="0.1",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Sidecar whose outbound policy is the zero value."""
    for sidecar in snapshot.service(KialiMembership).objects("Sidecar"):
        policy = sidecar.spec.get("outboundTrafficPolicy")
        if isinstance(policy, dict) and policy.get("mode") in (None, "", "REGISTRY_ONLY", 0):
            mode = "without a mode" if policy.get("mode") is None else "as written"
            yield META.on(sidecar, ("spec", "outboundTrafficPolicy"), mode=mode)
