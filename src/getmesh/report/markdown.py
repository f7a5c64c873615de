"""Findings as a Markdown table, for pull request comments and job summaries."""

from collections.abc import Sequence

from getmesh.model.paths import path_text
from getmesh.report.findings import FindingsReport
from getmesh.report.gaps import gap_lines


def render(report: FindingsReport) -> str:
    """Give a heading with the numbers and a table, or a sentence when there is nothing to report."""
    numbers = report.summary()
    counts = f"{numbers['error']} errors, {numbers['warning']} warnings, {numbers['info']} info"
    held = f"{numbers['suppressed']} suppressed, {numbers['baseline']} in the baseline"
    title = f"## getmesh config-validate{report.part and f': {_cell(report.part)}'}"
    lines = [title, "", f"{counts} in {numbers['objects']} objects ({held}).", ""]
    if report.failure:
        lines[2:] = [f"**Not read:** {_cell(report.failure)}"]
    if report.faults:
        lines += ["**Input that could not be read:**", ""]
        lines += [f"- `{fault.file}:{fault.line}` {_cell(fault.message)}" for fault in report.faults]
        lines.append("")
    if gaps := gap_lines(report):
        lines += ["**Not everything could be looked at:**", "", *(f"- {_cell(gap)}" for gap in gaps), ""]
    if report.findings:
        lines += ["| severity | code | object | place | message |", "| --- | --- | --- | --- | --- |"]
        for placed in report.findings:
            finding, obj = placed.finding, placed.finding.object
            place = f"{placed.place.file}:{placed.place.line} " if placed.place.file else ""
            lines.append(
                f"| {finding.severity} | {finding.meta.code} | {_cell(f'{obj.kind} {obj.full_name}')}"
                f" | `{_code(place + path_text(finding.path))}` | {_cell(finding.message)} |"
            )
    return "\n".join(lines).rstrip("\n") + "\n"


def render_several(reports: Sequence[FindingsReport]) -> str:
    """Give a section for each cluster."""
    return "\n".join(render(report) for report in reports)


def _cell(text: str) -> str:
    escaped = "".join("\\" + char if char in "\\`*_[]<>|#" else char for char in text)
    return escaped.replace("\r", " ").replace("\n", " ")


def _code(text: str) -> str:
    return text.replace("`", "'").replace("|", "\\|").replace("\n", " ").strip()
