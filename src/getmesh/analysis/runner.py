"""Runs rules over a snapshot; a rule that raises is isolated and reported."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from getmesh.analysis.catalogue import Rule
from getmesh.analysis.families import view_for
from getmesh.analysis.finding import Finding
from getmesh.analysis.limits import Limit, certain, limit_of
from getmesh.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Gap:
    """A rule that could not be evaluated, and why.

    Attributes:
        code: the rule.
        reason: one line.
        evaluated_in: the namespaces where it was evaluated all the same.
        refused: whether it is for want of something that could not be read.
        idle: whether nothing was missed: the rule is for another occasion and nobody asked for it, or nothing at all
            can raise its code.
    """

    code: str
    reason: str
    evaluated_in: tuple[str, ...] = ()
    refused: bool = False
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Crash:
    """A rule that raised: a bug of ours."""

    code: str
    error: BaseException


@dataclass(slots=True)
class Result:
    """What a run gave.

    Attributes:
        findings: sorted by `Finding.order`, equal ones once.
        gaps: rules that were not evaluated.
        crashes: rules that raised; they are among the gaps too.
        seconds: time per code.
        lookups: objects and services handed out per code, a measure of work that does not depend on the machine.
    """

    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    crashes: list[Crash] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    lookups: dict[str, int] = field(default_factory=dict)


def run(snapshot: Snapshot, rules: Iterable[Rule]) -> Result:
    """Run the rules one by one.

    A rule whose `gap` names a reason, or that reads a kind which could not be read, is not run; of one that reads a
    kind which could be read in some namespaces only, the findings that are certain are kept.
    """
    result = Result()
    for rule in rules:
        view = view_for(snapshot, rule.meta.family)
        limit = limit_of(view, rule)
        reason = _reason(view, rule, limit)
        if reason is not None:
            refused = limit is not None and limit.namespaces is None
            result.gaps.append(Gap(rule.meta.code, reason, refused=refused, idle=not refused and _is_idle(rule, view)))
            continue
        start, before = time.perf_counter(), view.lookups
        try:
            found = list(rule.check(view))
        except Exception as error:  # noqa: BLE001 - one broken rule must not hide the findings of the others
            result.crashes.append(Crash(rule.meta.code, error))
            result.gaps.append(Gap(rule.meta.code, f"the rule failed: {type(error).__name__}: {error}"))
            continue
        result.seconds[rule.meta.code] = time.perf_counter() - start
        result.lookups[rule.meta.code] = view.lookups - before
        if limit is not None and limit.namespaces is not None:
            found = [finding for finding in found if certain(finding, limit.namespaces)]
            result.gaps.append(Gap(rule.meta.code, limit.reason, tuple(sorted(limit.namespaces)), refused=True))
        result.findings.extend(found)
    result.findings = unique(result.findings)
    return result


def unique(findings: Iterable[Finding]) -> list[Finding]:
    """Sort, and keep one of those that say the same of the same place."""
    kept: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        kept.setdefault((*finding.order, finding.object.api_version, finding.severity), finding)
    return sorted(kept.values(), key=lambda finding: finding.order)


def _is_idle(rule: Rule, view: Snapshot) -> bool:
    tags = set(rule.meta.tags)
    return bool(tags & {"clusters", "never"}) or ("precheck" in tags and not view.settings.precheck)


def _reason(view: Snapshot, rule: Rule, limit: Limit | None) -> str | None:
    if limit is not None and limit.namespaces is None:
        return limit.reason
    return rule.meta.gap(view) if rule.meta.gap else None
