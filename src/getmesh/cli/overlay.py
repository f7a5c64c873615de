"""Files over a cluster: which findings concern them, and what they change."""

from dataclasses import replace
from typing import TYPE_CHECKING

from getmesh.analysis.comparing import compare, of_interest
from getmesh.analysis.placing import place_all
from getmesh.analysis.runner import run
from getmesh.analysis.suppression import apply
from getmesh.errors import UsageError
from getmesh.report.findings import Difference

if TYPE_CHECKING:
    from getmesh.analysis.catalogue import Rule
    from getmesh.analysis.runner import Result
    from getmesh.cli.input import MeshInput
    from getmesh.cli.verdict import Request


def narrowed(mesh: "MeshInput", rules: "tuple[Rule, ...]", result: "Result", *, everything: bool) -> "Result":
    """Give the result without findings that the files neither cause nor touch, unless everything is wanted."""
    if mesh.base is None or everything:
        return result
    before = run(mesh.base, rules)
    return replace(result, findings=of_interest(result.findings, before.findings, mesh.touched))


def difference(
    mesh: "MeshInput", request: "Request", rules: "tuple[Rule, ...]", result: "Result"
) -> "tuple[Result, Difference]":
    """Give the findings that the files add, and beside them those that they mend and those that they leave.

    Raises:
        UsageError: there are no files, or no cluster under them.
    """
    if mesh.base is None:
        raise UsageError("--diff-against-cluster compares files with a cluster", hint="Name files, without --offline.")
    found = compare(result.findings, run(mesh.base, rules).findings)
    policy = replace(request.policy, baseline=frozenset())
    fixed = apply(place_all(found.fixed, mesh.reading.locator), policy).kept
    unchanged = apply(place_all(found.unchanged, mesh.reading.locator), policy).kept
    return replace(result, findings=found.new), Difference(fixed, unchanged)
