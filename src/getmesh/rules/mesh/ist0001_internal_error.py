"""IST0001: the analysis itself failed."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.snapshot import Snapshot


def no_fault_of_the_mesh(_: Snapshot) -> str:
    """Say why nothing is judged."""
    return "names a failure of the tool, not of the mesh; a rule that fails here is reported as not evaluated"


META = RuleMeta(
    code="IST0001",
    name="analysis-internal-error",
    severity=Severity.ERROR,
    title="Analysis failed inside the tool",
    means="An analyzer stopped because of a mistake in the tool; it says nothing about the configuration.",
    why="What that analyzer would have found stays unknown.",
    fix="Report the failure with the configuration that leads to it, and use a newer release meanwhile.",
    message="internal error: {detail}",
    reads=(),
    since="0.1",
    tags=("never",),
    gap=no_fault_of_the_mesh,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0001/",
)


def check(_: Snapshot) -> Iterator[Finding]:
    """Yield nothing: the runner reports rules that fail."""
    return iter(())
