"""Findings as workflow commands, which GitHub Actions shows beside the changed lines."""

from collections.abc import Sequence

from getmesh.analysis.placing import Placed
from getmesh.model.paths import path_text
from getmesh.report.findings import FindingsReport
from getmesh.report.gaps import gap_lines

_LEVEL = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: FindingsReport) -> str:
    """Give one command a finding and one an unusable document."""
    return render_several((report,))


def render_several(reports: Sequence[FindingsReport]) -> str:
    """Give the commands of every cluster, each naming it."""
    return "".join(f"{line}\n" for report in reports for line in _lines(report))


def _lines(report: FindingsReport) -> list[str]:
    before = f"{report.part}: " if report.part else ""
    lines = [_line(placed, before) for placed in report.findings]
    lines += [f"::warning title=not everything could be looked at::{_data(before + gap)}" for gap in gap_lines(report)]
    if report.failure:
        lines.append(f"::error title=unreadable cluster::{_data(before + report.failure)}")
    return lines + [
        f"::error file={_property(fault.file)},line={fault.line},col={fault.column},title=unreadable input"
        f"::{_data(fault.message)}"
        for fault in report.faults
    ]


def _line(placed: Placed, before: str) -> str:
    finding, obj, place = placed.finding, placed.finding.object, placed.place
    where = f"file={_property(place.file)},line={place.line},col={place.column}," if place.file else ""
    title = _property(f"{finding.meta.code} {finding.meta.title}")
    text = f"{before}{obj.kind} {obj.full_name} {path_text(finding.path)}: {finding.message}"
    return f"::{_LEVEL[str(finding.severity)]} {where}title={title}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
