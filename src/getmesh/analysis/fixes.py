"""Findings that carry their mend."""

from dataclasses import replace

from getmesh.analysis.finding import Finding, Fix
from getmesh.model.fields.oddities import Mend

_LONGEST = 60


def with_mend(finding: Finding, mend: Mend | None) -> Finding:
    """Give the finding with a mend at its own place; the finding itself if there is none."""
    if mend is None:
        return finding
    return replace(finding, fixes=(Fix(finding.path, mend.action, mend.value),))


def shown(value: object) -> str:
    """Write a value for a message: short, and so that its type can be seen."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
