"""The contract between rules and everything else: what a rule says of itself, what it finds, and how rules are run."""

from getmesh.analysis.finding import Finding, Related
from getmesh.analysis.meta import Difference, RuleMeta, Severity

__all__ = ["Difference", "Finding", "Related", "RuleMeta", "Severity"]
