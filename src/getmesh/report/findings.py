"""What every format of findings is given: plain data, nothing to look up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from getmesh import __version__
from getmesh.analysis.meta import RuleMeta, Severity
from getmesh.analysis.placing import Place, Placed
from getmesh.analysis.runner import Gap
from getmesh.model.paths import path_text

SCHEMA = "getmesh/findings/v1"


@dataclass(frozen=True, slots=True)
class InputFault:
    """A file or document that could not be used."""

    file: str
    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What files do to the findings of the cluster under them, beside the new ones.

    Attributes:
        fixed: findings that go away.
        unchanged: findings that stay.
    """

    fixed: Sequence[Placed]
    unchanged: Sequence[Placed]


@dataclass(frozen=True, slots=True)
class Limits:
    """What could not be read of a cluster, by kind.

    Attributes:
        unread: why it could not be read.
        partial: the namespaces in which alone it could be read.
        assumed: why Istio's default stands in for it.
    """

    unread: Mapping[str, str] = field(default_factory=dict)
    partial: Mapping[str, frozenset[str]] = field(default_factory=dict)
    assumed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FindingsReport:
    """The outcome of one validation.

    Attributes:
        findings: in the order in which they are shown.
        rules: facts about the rules that ran, for formats that carry a catalogue.
        complete: False when something that should have been looked at could not be.
        note: a sentence for people when there was nothing to check.
        difference: with files laid over a cluster and on request; the findings are then the new ones.
        limits: what could not be read of a cluster.
        part: with several clusters in one call, which of them this is about, such as ``cluster west``.
        failure: why the cluster could not be read; there are no findings then.
    """

    findings: Sequence[Placed]
    rules: Sequence[RuleMeta] = ()
    gaps: Sequence[Gap] = ()
    faults: Sequence[InputFault] = ()
    mode: str = "offline"
    istio_version: str = "1.31"
    objects: int = 0
    suppressed: int = 0
    baseline: int = 0
    complete: bool = True
    note: str = ""
    dedupe: bool = True
    difference: Difference | None = None
    limits: Limits = field(default_factory=Limits)
    part: str = ""
    failure: str = ""
    counts: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", Counter(str(placed.finding.severity) for placed in self.findings))

    def summary(self) -> dict[str, int]:
        """Give the numbers under the table."""
        return {
            "objects": self.objects,
            **{str(severity): self.counts[str(severity)] for severity in Severity},
            "suppressed": self.suppressed,
            "baseline": self.baseline,
        }


def finding_data(placed: Placed, twins: "dict[int, list[Placed]] | None" = None) -> dict[str, Any]:
    """Give one finding as the JSON contract has it."""
    finding = placed.finding
    data: dict[str, Any] = {
        "code": finding.meta.code,
        "name": finding.meta.name,
        "severity": str(finding.severity),
        "object": _object_data(placed),
        "path": path_text(finding.path),
        "message": finding.message,
        **_place_data(placed.place),
        "related": [
            {
                "object": {
                    "apiVersion": other.object.api_version,
                    "kind": other.object.kind,
                    "namespace": other.object.namespace,
                    "name": other.object.name,
                },
                "path": path_text(other.path),
                "caption": other.caption,
                **_place_data(place),
            }
            for other, place in zip(finding.related, placed.related, strict=True)
        ],
        "fingerprint": finding.fingerprint,
    }
    for twin in (twins or {}).get(id(placed), []):
        data["related"].append(
            {
                "code": twin.finding.meta.code,
                "object": _object_data(twin),
                "path": path_text(twin.finding.path),
                "caption": "names the same fault",
                **_place_data(twin.place),
            }
        )
    if finding.fixes:
        data["fixes"] = [
            {"path": path_text(fix.path), "action": fix.action, "value": fix.value} for fix in finding.fixes
        ]
    return data


def _object_data(placed: Placed) -> dict[str, str]:
    obj = placed.finding.object
    return {"apiVersion": obj.api_version, "kind": obj.kind, "namespace": obj.namespace, "name": obj.name}


def _place_data(place: Place) -> dict[str, Any]:
    return {"file": place.file, "line": place.line, "column": place.column} if place.file else {}


def report_data(report: FindingsReport) -> dict[str, Any]:
    """Give the whole report as the JSON contract has it."""
    twins = twins_of(report.findings)
    return {
        "schema": SCHEMA,
        "getmesh": __version__,
        "mode": report.mode,
        "istioVersion": report.istio_version,
        "complete": report.complete,
        "notEvaluated": [_gap_data(gap) for gap in report.gaps],
        "summary": report.summary(),
        "inputErrors": [
            {"file": fault.file, "line": fault.line, "column": fault.column, "message": fault.message}
            for fault in report.faults
        ],
        "findings": [finding_data(placed, twins) for placed in report.findings],
        **_extras(report),
    }


def _extras(report: FindingsReport) -> dict[str, Any]:
    """Give what only a run against a cluster has."""
    extras: dict[str, Any] = {}
    assumed = sorted(report.limits.assumed.items())
    if assumed:
        extras["assumed"] = [{"kind": kind, "reason": reason} for kind, reason in assumed]
    if report.difference is not None:
        extras["difference"] = {
            "new": [placed.finding.fingerprint for placed in report.findings],
            "fixed": [finding_data(placed) for placed in report.difference.fixed],
            "unchanged": [placed.finding.fingerprint for placed in report.difference.unchanged],
        }
    return extras


def _gap_data(gap: Gap) -> dict[str, Any]:
    data: dict[str, Any] = {"code": gap.code, "reason": gap.reason}
    return data | {"evaluatedIn": list(gap.evaluated_in)} if gap.evaluated_in else data


def twins_of(findings: Sequence[Placed]) -> dict[int, list[Placed]]:
    """Give, by ``id`` of a placed finding, those of the twin code on the same object.

    Two codes are twins when one's META names the other; on one object they name the same fault if their paths agree
    or one of them is coarser (a beginning of the other).
    """
    by_object: dict[tuple[str, str, str], list[Placed]] = {}
    for placed in findings:
        by_object.setdefault(placed.finding.object.identity, []).append(placed)
    found: dict[int, list[Placed]] = {}
    for group in by_object.values():
        for placed in group:
            matching = [other for other in group if other is not placed and _same_fault(placed, other)]
            if matching:
                found[id(placed)] = matching
    return found


def _same_fault(one: Placed, other: Placed) -> bool:
    first, second = one.finding, other.finding
    if first.meta.twin != second.meta.code and second.meta.twin != first.meta.code:
        return False
    shorter = min(len(first.path), len(second.path))
    return first.path[:shorter] == second.path[:shorter]
