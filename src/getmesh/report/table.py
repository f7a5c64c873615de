"""Findings as a table, with the columns of the original getmesh."""

from collections.abc import Sequence

from getmesh.analysis.meta import Severity
from getmesh.analysis.placing import Placed
from getmesh.model.paths import path_text
from getmesh.report.columns import clean, table
from getmesh.report.findings import FindingsReport, twins_of
from getmesh.report.gaps import gap_lines

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
        return "\n".join([report.note, *_gaps(report)]) + "\n"
    numbers = ", ".join(
        f"{report.counts[str(severity)]} {severity}{'' if report.counts[str(severity)] == 1 else 's'}"
        for severity in (Severity.ERROR, Severity.WARNING)
    )
    lines = [f"{report.part and f'{report.part}: '}{numbers}, {report.counts['info']} info in {report.objects} objects"]
    if report.suppressed or report.baseline:
        lines[0] += f" ({report.suppressed} suppressed, {report.baseline} in the baseline)"
    if report.difference is not None:
        lines += _difference(report)
    lines += _gaps(report)
    if report.findings:
        lines.append(f"what a code means: getmesh explain {report.findings[0].finding.meta.code}")
    return "\n".join(lines) + "\n"


def _difference(report: FindingsReport) -> list[str]:
    """Give what files do to the findings of the cluster under them: numbers, and the mended ones by name."""
    found = report.difference
    if found is None:
        return []
    counts = f"{len(report.findings)} new, {len(found.fixed)} fixed, {len(found.unchanged)} unchanged"
    fixed = [
        f"fixed: {placed.finding.meta.code} {placed.finding.object.kind} {clean(placed.finding.object.full_name)}: "
        f"{clean(placed.finding.message)}"
        for placed in found.fixed
    ]
    return [f"against the cluster: {counts}", *fixed]


def _gaps(report: FindingsReport) -> list[str]:
    """Give what was not evaluated: one line per thing that is missing, however many rules need it."""
    others = sum(not gap.refused for gap in report.gaps)
    lines = [f"{others} rules not evaluated: -o json says why"] if others else []
    return lines + gap_lines(report)
