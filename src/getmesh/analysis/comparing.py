"""Two looks at one mesh: as it is, and with some objects applied to it."""

from collections.abc import Iterable
from typing import NamedTuple

from getmesh.analysis.finding import Finding

Identity = tuple[str, str, str]


class Comparison(NamedTuple):
    """What applying the objects does.

    Attributes:
        new: findings that the mesh does not have as it is.
        fixed: findings that go away.
        unchanged: findings of both.
    """

    new: list[Finding]
    fixed: list[Finding]
    unchanged: list[Finding]


def compare(after: Iterable[Finding], before: Iterable[Finding]) -> Comparison:
    """Tell findings apart by fingerprint; each list keeps its order."""
    after, before = list(after), list(before)
    now, then = {finding.fingerprint for finding in after}, {finding.fingerprint for finding in before}
    return Comparison(
        [finding for finding in after if finding.fingerprint not in then],
        [finding for finding in before if finding.fingerprint not in now],
        [finding for finding in after if finding.fingerprint in then],
    )


def concerns(finding: Finding, touched: frozenset[Identity]) -> bool:
    """Whether a finding stands on one of these objects, or one of them has part in it."""
    return finding.object.identity in touched or any(other.object.identity in touched for other in finding.related)


def of_interest(after: Iterable[Finding], before: Iterable[Finding], touched: frozenset[Identity]) -> list[Finding]:
    """Give the findings that somebody who applies these objects wants to see: those that they cause or touch."""
    then = {finding.fingerprint for finding in before}
    return [finding for finding in after if finding.fingerprint not in then or concerns(finding, touched)]
