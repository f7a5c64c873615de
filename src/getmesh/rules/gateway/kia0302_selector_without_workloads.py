"""KIA0302: no workload has the labels that a Gateway selects."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.objects import as_strings
from getmesh.model.selectors import selector_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers

META = RuleMeta(
    code="KIA0302",
    name="gateway-selector-without-workloads",
    severity=Severity.WARNING,
    title="No workload has the labels that a Gateway selects",
    means=(
        "No pod template of a known namespace carries all of these labels; where istiod keeps Gateways to their "
        "namespace (PILOT_SCOPE_GATEWAY_TO_NAMESPACE), only workloads of the Gateway's own namespace count."
    ),
    why="No proxy opens the Gateway's ports, so its hosts cannot be reached from outside.",
    fix="Correct the selector, or deploy a gateway whose pod template carries these labels.",
    message="no workload{where} matches the selector {selector}",
    reads=("Gateway",),
    uses=(KialiMembership, KialiWorkloads, Viewers),
    since="0.1",
    twin="IST0101",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Gateway that some control plane gives no workload."""
    workloads, viewers = snapshot.service(KialiWorkloads), snapshot.service(Viewers)
    scoped = viewers.where(lambda plane: plane.scoped_gateways)
    for gateway in snapshot.service(KialiMembership).objects("Gateway"):
        selector = as_strings(gateway.spec.get("selector"))
        if viewers.everyone & ~scoped and not workloads.index.any(selector):
            where = ""
        elif scoped and not workloads.select(gateway.namespace, selector):
            where = f" of namespace {gateway.namespace!r}"
        else:
            continue
        yield META.on(
            gateway,
            ("spec", "selector"),
            where=where,
            selector=repr(selector_text(selector)) if selector else "that is empty",
        )
