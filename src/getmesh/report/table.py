"""Findings as a table, with the columns of the original getmesh."""

from collections.abc import Sequence

from getmesh.analysis.meta import Severity
from getmesh.analysis.placing import Placed
from getmesh.model.paths import path_text
from getmesh.report.columns import clean, table
from getmesh.report.findings import FindingsReport, twins_of

HEAD = ("NAMESPACE", "NAME", "RESOURCE TYPE", "ERROR CODE", "SEVERITY", "MESSAGE")
_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}


def render(report: FindingsReport, *, colour: bool = False) -> str:
    """Give the table, or nothing at all when there is no finding."""
    groups = _joined(report)
    if not groups:
        return ""
    rows = [_row(group) for group in groups]
    text = table(HEAD, rows)
    if not colour:
        return text
    lines = text.splitlines()
    painted = [f"\x1b[1m{lines[0]}\x1b[0m"]
    for group, line in zip(groups, lines[1:], strict=True):
        worst = _worst(group)
        painted.append(line.replace(f" {worst} ", f" \x1b[{_COLOURS[worst]}m{worst}\x1b[0m ", 1))
    return "\n".join(painted) + "\n"


def _worst(group: Sequence[Placed]) -> Severity:
    return min((placed.finding.severity for placed in group), key=lambda severity: severity.rank)


def _row(group: Sequence[Placed]) -> tuple[str, ...]:
    first = group[0]
    finding, obj = first.finding, first.finding.object
    namespace = obj.namespace or (obj.name if obj.kind == "Namespace" else "")
    codes = ",".join(dict.fromkeys(placed.finding.meta.code for placed in group))
    message = clean(finding.message)
    where = path_text(finding.path)
    if first.place.file:
        place = f"{first.place.file}:{first.place.line}:{first.place.column}"
        where = f"{place} {where}" if where else place
    return (
        clean(namespace),
        clean(obj.name),
        obj.kind,
        codes,
        str(_worst(group)),
        f"{message} ({clean(where)})" if where else message,
    )


def _joined(report: FindingsReport) -> list[list[Placed]]:
    if not report.dedupe:
        return [[placed] for placed in report.findings]
    twins = twins_of(report.findings)
    done: set[int] = set()
    groups = []
    for placed in report.findings:
        if id(placed) in done:
            continue
        group = [placed, *(twin for twin in twins.get(id(placed), []) if id(twin) not in done)]
        done.update(id(member) for member in group)
        groups.append(group)
    return groups


def summary(report: FindingsReport) -> str:
    """Give the sentences that go under the table, for people."""
    if report.note:
        return report.note + "\n"
    numbers = ", ".join(
        f"{report.counts[str(severity)]} {severity}{'' if report.counts[str(severity)] == 1 else 's'}"
        for severity in (Severity.ERROR, Severity.WARNING)
    )
    lines = [f"{numbers}, {report.counts['info']} info in {report.objects} objects"]
    if report.suppressed or report.baseline:
        lines[0] += f" ({report.suppressed} suppressed, {report.baseline} in the baseline)"
    if report.gaps:
        lines.append(f"{len(report.gaps)} rules not evaluated: -o json says why")
    if report.findings:
        lines.append(f"what a code means: getmesh explain {report.findings[0].finding.meta.code}")
    return "\n".join(lines) + "\n"
