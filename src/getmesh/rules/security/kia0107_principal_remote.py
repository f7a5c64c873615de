"""KIA0107: an AuthorizationPolicy names a principal that only workloads of another cluster have."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.snapshot import Snapshot


def needs_other_clusters(_: Snapshot) -> str:
    """Say why one cluster's objects cannot be judged."""
    return "needs the workloads of every cluster of the mesh; one snapshot holds those of one cluster"


META = RuleMeta(
    code="KIA0107",
    name="authorizationpolicy-principal-remote",
    severity=Severity.INFO,
    title="AuthorizationPolicy names a principal of another cluster",
    means="Only workloads of another cluster of the mesh run under the service account that the principal names.",
    why="The rule is right as long as that cluster shares the trust domain; nothing in this cluster proves it.",
    fix="Make sure that the other cluster belongs to the mesh, or correct the principal.",
    message="only another cluster has the principal {principal!r}",
    reads=(),
    since="0.1",
    tags=("clusters",),
    gap=needs_other_clusters,
    link="https://kiali.io/docs/features/validations/#kia0107---service-account-for-this-principal-found-on-the-remote-cluster",
)


def check(_: Snapshot) -> Iterator[Finding]:
    """Yield nothing: a snapshot is one cluster's, and what it lacks is reported by KIA0106."""
    return iter(())
