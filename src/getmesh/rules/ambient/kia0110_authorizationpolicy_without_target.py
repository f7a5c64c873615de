"""KIA0110: an AuthorizationPolicy in an ambient namespace attaches to nothing that reads HTTP."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_policies import target_refs
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="KIA0110",
    name="authorizationpolicy-without-target",
    severity=Severity.WARNING,
    title="AuthorizationPolicy of an ambient namespace names no target",
    means=(
        "The namespace is in ambient mode, where a waypoint takes up rules on HTTP only from objects that refer "
        "to it or to a Service by targetRefs, and this one has none."
    ),
    why=(
        "A selector attaches to ztunnel, which cannot read HTTP: the policy denies what it should allow, or"
        " does nothing."
    ),
    fix="Add targetRefs that name the Service, or the waypoint's Gateway.",
    message="rules on HTTP need targetRefs in an ambient namespace",
    reads=("AuthorizationPolicy",),
    uses=(KialiAmbient,),
    since="0.1",
    link="https://kiali.io/docs/features/validations/#kia0110",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each AuthorizationPolicy that needs a waypoint and refers to none."""
    ambient = snapshot.service(KialiAmbient)
    for policy in ambient.layer7("AuthorizationPolicy"):
        if not target_refs(policy):
            yield META.on(policy)
