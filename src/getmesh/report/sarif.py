"""Findings as SARIF 2.1.0, for code scanning."""

from collections.abc import Sequence
from typing import Any

from getmesh import __version__
from getmesh.analysis.meta import RuleMeta
from getmesh.analysis.placing import Place, Placed
from getmesh.model.paths import path_text
from getmesh.report.findings import FindingsReport
from getmesh.report.gaps import gap_lines
from getmesh.report.json import dumps

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVEL = {"error": "error", "warning": "warning", "info": "note"}


def render(report: FindingsReport) -> str:
    """Give one run with the rules that ran, the results, and unusable documents as notifications."""
    return render_several((report,))


def render_several(reports: Sequence[FindingsReport]) -> str:
    """Give one run a cluster, told apart by its automation ID."""
    return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report) for report in reports]})


def _run(report: FindingsReport) -> dict[str, Any]:
    index = {meta.code: position for position, meta in enumerate(report.rules)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "getmesh",
                "semanticVersion": __version__,
                "rules": [_rule(meta) for meta in report.rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not (report.faults or report.failure),
                "toolExecutionNotifications": _notifications(report),
            }
        ],
        "results": [_result(placed, index) for placed in report.findings],
    }
    if report.part:
        run["automationDetails"] = {"id": f"getmesh/{report.part}/"}
    return run


def _notifications(report: FindingsReport) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "level": "error",
            "message": {"text": fault.message},
            "locations": [_location(Place(fault.file, fault.line, fault.column))],
        }
        for fault in report.faults
    ]
    found += [{"level": "warning", "message": {"text": gap}} for gap in gap_lines(report)]
    return [*found, {"level": "error", "message": {"text": report.failure}}] if report.failure else found


def _rule(meta: RuleMeta) -> dict[str, Any]:
    return {
        "id": meta.code,
        "name": meta.name,
        "shortDescription": {"text": meta.title},
        "fullDescription": {"text": f"{meta.means} {meta.why}"},
        "help": {"text": meta.fix},
        "defaultConfiguration": {"level": _LEVEL[str(meta.severity)]},
    }


def _result(placed: Placed, index: dict[str, int]) -> dict[str, Any]:
    finding, obj = placed.finding, placed.finding.object
    result: dict[str, Any] = {
        "ruleId": finding.meta.code,
        "level": _LEVEL[str(finding.severity)],
        "message": {"text": f"{obj.kind} {obj.full_name}: {finding.message}"},
        "locations": [
            {
                **(_location(placed.place) if placed.place.file else {}),
                "logicalLocations": [
                    {
                        "fullyQualifiedName": f"{obj.kind}/{obj.full_name}/{path_text(finding.path)}".rstrip("/"),
                        "name": obj.name,
                        "kind": "object",
                    }
                ],
            }
        ],
        "partialFingerprints": {"getmesh/v1": finding.fingerprint},
    }
    if finding.meta.code in index:
        result["ruleIndex"] = index[finding.meta.code]
    related = [
        {"id": number, **_location(place), "message": {"text": other.caption}}
        for number, (other, place) in enumerate(zip(finding.related, placed.related, strict=True))
        if place.file
    ]
    if related:
        result["relatedLocations"] = related
    return result


def _location(place: Place) -> dict[str, Any]:
    from urllib.parse import quote  # noqa: PLC0415 - only this format needs it

    region: dict[str, int] = {"startLine": max(1, place.line)}
    if place.column > 0:
        region["startColumn"] = place.column
    return {"physicalLocation": {"artifactLocation": {"uri": quote(place.file)}, "region": region}}
