"""IST0141: the user may not create what an installation creates."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.analysis.precheck import cluster, only_before_installing
from getmesh.model.snapshot import Snapshot


def nobody_asked(snapshot: Snapshot) -> str | None:
    """Say why permissions cannot be judged: nobody wants to install, or no API server was asked."""
    reason = only_before_installing(snapshot)
    return reason or ("needs a cluster that tells what you may create" if snapshot.settings.refused is None else None)


META = RuleMeta(
    code="IST0141",
    name="cluster-permission-missing",
    severity=Severity.ERROR,
    title="You may not create what an installation of Istio creates",
    means="The API server says that your account may not create one of the resources that an installation makes.",
    why="The installation stops in the middle and leaves a control plane that is there in part.",
    fix="Ask for the right to create the resource, or install with an account that has it.",
    message="you may not create {resource}: {reason}",
    reads=(),
    since="0.1",
    tags=("precheck",),
    gap=nobody_asked,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0141/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each resource that the API server refuses."""
    for resource, reason in sorted((snapshot.settings.refused or {}).items()):
        yield META.on(cluster(), resource=resource, reason=reason or "permission denied")
