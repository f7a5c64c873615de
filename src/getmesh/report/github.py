"""Findings as workflow commands, which GitHub Actions shows beside the changed lines."""

from getmesh.analysis.placing import Placed
from getmesh.model.paths import path_text
from getmesh.report.findings import FindingsReport

_LEVEL = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: FindingsReport) -> str:
    """Give one command a finding and one an unusable document."""
    lines = [_line(placed) for placed in report.findings]
    lines += [
        f"::error file={_property(fault.file)},line={fault.line},col={fault.column},title=unreadable input"
        f"::{_data(fault.message)}"
        for fault in report.faults
    ]
    return "".join(f"{line}\n" for line in lines)


def _line(placed: Placed) -> str:
    finding, obj, place = placed.finding, placed.finding.object, placed.place
    where = f"file={_property(place.file)},line={place.line},col={place.column}," if place.file else ""
    title = _property(f"{finding.meta.code} {finding.meta.title}")
    text = f"{obj.kind} {obj.full_name} {path_text(finding.path)}: {finding.message}"
    return f"::{_LEVEL[str(finding.severity)]} {where}title={title}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
