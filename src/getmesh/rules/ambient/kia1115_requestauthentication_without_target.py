"""KIA1115: a RequestAuthentication in an ambient namespace attaches to nothing that reads HTTP."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_policies import target_refs
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA1115",
    name="requestauthentication-without-target",
    severity=Severity.WARNING,
    title="RequestAuthentication of an ambient namespace names no target",
    means=(
        "The namespace is in ambient mode, where a waypoint takes up JWT checks only from objects that refer to "
        "it or to a Service by targetRefs, and this one has none."
    ),
    why="A selector attaches to ztunnel, which cannot read HTTP, so the RequestAuthentication has no effect there.",
    fix="Add targetRefs that name the Service, or the waypoint's Gateway.",
    message="JWT checks need targetRefs in an ambient namespace",
    reads=("RequestAuthentication",),
    uses=(KialiAmbient,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia1115",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each RequestAuthentication that needs a waypoint and refers to none."""
    ambient = snapshot.service(KialiAmbient)
    for policy in ambient.layer7("RequestAuthentication"):
        if not target_refs(policy):
            yield META.on(policy)
