"""IST0170: a Service that several clusters share is not the same in all of them."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.snapshot import Snapshot


def needs_second_cluster(_: Snapshot) -> str:
    """Say why one cluster's Services cannot be judged."""
    return "compares the Services of two or more clusters; a snapshot holds the objects of one"


META = RuleMeta(
    code="IST0170",
    name="service-clusters-disagree",
    severity=Severity.WARNING,
    title="A Service differs between the clusters of the mesh",
    means="Services of one namespace and name, which the mesh takes for one, differ between clusters in type, in ports "
    "or in being headless.",
    why="Which cluster's definition a proxy follows is not defined, so requests may go to a port that is not there.",
    fix="Apply the same Service to every cluster of the mesh.",
    message="Service {service!r} is not the same in clusters {clusters}: {reasons}",
    reads=(),
    since="0.1",
    gap=needs_second_cluster,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0170/",
)


def check(_: Snapshot) -> Iterator[Finding]:
    """Yield nothing: there is no second cluster to compare with."""
    return iter(())
