"""Findings as one self-contained HTML page: no script from elsewhere, readable without any script at all."""

from collections.abc import Sequence
from typing import Any

from getmesh import __version__
from getmesh.model.paths import path_text
from getmesh.report.findings import FindingsReport
from getmesh.report.gaps import gap_lines

TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>getmesh config-validate</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8884; }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
.error { color: #c62828; } .warning { color: #b26a00; } .info { color: #1565c0; }
.severity { font-weight: 600; }
details { margin-top: .3rem; }
</style>
</head>
<body>
<h1>getmesh config-validate</h1>
{% for part in parts %}{% if part.name %}<h2>{{ part.name }}</h2>
{% endif %}{% if part.failure %}<p class="error">Not read: {{ part.failure }}</p>
{% else %}<p>{{ part.summary.error }} errors, {{ part.summary.warning }} warnings, {{ part.summary.info }} info in
{{ part.summary.objects }} objects; {{ part.summary.suppressed }} suppressed,
{{ part.summary.baseline }} in the baseline.
Judged {{ part.mode }} for Istio {{ part.istio }} by getmesh {{ version }}.</p>
{% if part.faults %}<h{{ part.level }}>Input that could not be read</h{{ part.level }}>
<ul>{% for fault in part.faults %}
<li><code>{{ fault.file }}:{{ fault.line }}</code> {{ fault.message }}</li>{% endfor %}</ul>
{% endif %}
{% if part.rows %}<table>
<thead><tr><th>Severity</th><th>Code</th><th>Object</th><th>Message</th></tr></thead>
<tbody>
{% for row in part.rows %}<tr id="{{ row.id }}">
<td class="severity {{ row.severity }}">{{ row.severity }}</td>
<td>{{ row.code }}</td>
<td>{{ row.kind }}<br>{{ row.name }}</td>
<td>{{ row.message }}<br><code>{{ row.place }}</code>
<details><summary>Why, and how to mend it</summary><p>{{ row.why }}</p><p>{{ row.fix }}</p></details></td>
</tr>
{% endfor %}</tbody>
</table>{% else %}<p>No findings.</p>{% endif %}
{% if part.gaps %}<h{{ part.level }}>Not evaluated</h{{ part.level }}>
{% if part.lines %}<ul>{% for line in part.lines %}<li>{{ line }}</li>{% endfor %}</ul>
{% endif %}<details><summary>{{ part.gaps|length }} codes and why</summary>
<ul>{% for gap in part.gaps %}<li>{{ gap.code }}: {{ gap.reason }}</li>{% endfor %}</ul></details>{% endif %}
{% endif %}{% endfor %}
</body>
</html>
"""


def render(report: FindingsReport) -> str:
    """Give the page; every value is escaped."""
    return render_several((report,))


def render_several(reports: Sequence[FindingsReport]) -> str:
    """Give one page with a section for each cluster."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only this format needs it

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    parts = [_part(report) for report in reports]
    return environment.from_string(TEMPLATE).render(version=__version__, parts=parts)


def _part(report: FindingsReport) -> dict[str, Any]:
    before = f"{report.part}-" if report.part else ""
    rows = []
    for placed in report.findings:
        finding, obj, place = placed.finding, placed.finding.object, placed.place
        where = f"{place.file}:{place.line}:{place.column} " if place.file else ""
        rows.append(
            {
                "id": before + finding.fingerprint, "severity": str(finding.severity), "code": finding.meta.code,
                "kind": obj.kind, "name": obj.full_name, "message": finding.message,
                "place": where + path_text(finding.path), "why": finding.meta.why, "fix": finding.meta.fix,
            }
        )  # fmt: skip
    return {
        "name": report.part, "level": 3 if report.part else 2, "failure": report.failure, "mode": report.mode,
        "istio": report.istio_version, "summary": report.summary(), "faults": report.faults, "rows": rows,
        "gaps": report.gaps, "lines": gap_lines(report),
    }  # fmt: skip
