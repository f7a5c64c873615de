"""What could not be looked at, for people: one line per gap, however many rules it touches."""

from getmesh.analysis.wording import listing
from getmesh.report.columns import clean
from getmesh.report.findings import FindingsReport, Limits

_REFUSED = ("you may not list ", "you may not read ConfigMap ")


def gap_lines(report: FindingsReport) -> list[str]:
    """Give a line for kinds that may not be read, for each that failed, for each set of namespaces, and the cure."""
    lines = [*_unread(report.limits), *_partial(report.limits), *_assumed(report.limits)]
    if not lines:
        return []
    nowhere = sum(gap.refused and not gap.evaluated_in for gap in report.gaps)
    somewhere = sum(bool(gap.evaluated_in) for gap in report.gaps)
    effects = [f"{_count(nowhere)} not evaluated"] if nowhere else []
    effects += [f"{_count(somewhere)} evaluated in these namespaces only"] if somewhere else []
    if effects:
        lines.append(f"so {' and '.join(effects)}: -o json lists them")
    lines.append("which rights are needed: getmesh doctor --rbac")
    return lines


def _unread(limits: Limits) -> list[str]:
    refused = sorted(kind for kind, reason in limits.unread.items() if reason.startswith(_REFUSED))
    lines = [f"not read, for want of rights: {', '.join(refused)}"] if refused else []
    return lines + [
        f"not read: {kind}: {clean(why)}" for kind, why in sorted(limits.unread.items()) if kind not in refused
    ]


def _partial(limits: Limits) -> list[str]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for kind, namespaces in sorted(limits.partial.items()):
        groups.setdefault(tuple(sorted(namespaces)), []).append(kind)
    return [f"read in {listing(spaces)} only: {listing(kinds)}" for spaces, kinds in sorted(groups.items())]


def _assumed(limits: Limits) -> list[str]:
    refused = sorted(kind for kind, reason in limits.assumed.items() if reason.startswith(_REFUSED))
    lines = [f"assumed as Istio has it by default, for want of rights: {', '.join(refused)}"] if refused else []
    return lines + [
        f"assumed as Istio has it by default: {kind}: {clean(why)}"
        for kind, why in sorted(limits.assumed.items())
        if kind not in refused
    ]


def _count(rules: int) -> str:
    return f"{rules} rule{' was' if rules == 1 else 's were'}"
