"""IST0127: an AuthorizationPolicy applies to no workload of the mesh."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.meshconfig import MeshConfig
from getmesh.model.objects import as_map, as_strings
from getmesh.model.pods import MemberPods
from getmesh.model.selectors import selector_text
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0127",
    name="authorizationpolicy-without-workloads",
    severity=Severity.WARNING,
    title="No workload of the mesh is under the AuthorizationPolicy",
    means="No pod that takes part in the mesh is selected: in the policy's namespace, or anywhere if it is in the "
    "root namespace.",
    why="The policy protects nothing, while a reader takes the workloads to be protected.",
    fix="Correct the selector or the namespace, or inject the pods; policies that target a Gateway, Service or "
    "waypoint by targetRefs can be left as they are.",
    message="no pod in the mesh is selected by {selector} in {where}",
    reads=("AuthorizationPolicy",),
    uses=(MemberPods, MeshConfig),
    since="0.1",
    twin="KIA0004",
    link="https://istio.io/latest/docs/reference/config/analysis/ist0127/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each policy without pods; one for the whole mesh needs none."""
    pods = snapshot.service(MemberPods)
    root = snapshot.service(MeshConfig).root_namespace
    for policy in snapshot.each("AuthorizationPolicy"):
        selector = policy.spec.get("selector")
        everywhere = policy.namespace == root
        if everywhere and selector is None:
            continue
        labels = as_strings(as_map(selector).get("matchLabels"))
        if not pods.exists(labels, None if everywhere else policy.namespace):
            where = "any namespace" if everywhere else f"namespace {policy.namespace!r}"
            text = repr(selector_text(labels)) if labels else "a policy for all"
            path = ("metadata", "name") if selector is None else ("spec", "selector")
            yield META.on(policy, path, selector=text, where=where)
