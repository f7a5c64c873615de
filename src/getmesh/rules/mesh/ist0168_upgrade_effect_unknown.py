"""IST0168: nobody can tell whether an upgrade changes a behaviour."""

from collections.abc import Iterator

from getmesh.analysis import Finding, RuleMeta, Severity
from getmesh.model.snapshot import Snapshot


def never_raised(_: Snapshot) -> str:
    """Say why nothing is judged."""
    return "istioctl has this message but no check that gives it, and changed defaults are judged by IST0169"


META = RuleMeta(
    code="IST0168",
    name="upgrade-effect-unknown",
    severity=Severity.WARNING,
    title="Effect of an upgrade cannot be told",
    means=(
        "A default changes with the upgrade, and it cannot be told from the configuration whether anything "
        "relies on it."
    ),
    why="What relied on the old default behaves otherwise after the upgrade.",
    fix="Read the upgrade notes of the release for the field, and set it so that it does not depend on the default.",
    message="the default of {field} changes in {release}",
    reads=(),
    since="0.1",
    tags=("never",),
    gap=never_raised,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0168/",
)


def check(_: Snapshot) -> Iterator[Finding]:
    """Yield nothing: the reference has the message only."""
    return iter(())
