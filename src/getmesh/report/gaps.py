"""What could not be looked at, for people: one line per gap."""

from getmesh.report.columns import clean
from getmesh.report.findings import FindingsReport

_REFUSED = "you may not list "


def gap_lines(report: FindingsReport) -> list[str]:
    """Give a line for kinds that may not be read, for each that failed, for each set of namespaces, and the cure."""
    limits = report.limits
    refused = sorted(kind for kind, reason in limits.unread.items() if reason.startswith(_REFUSED))
    lines = [f"not read, for want of rights: {', '.join(refused)}"] if refused else []
    lines += [f"not read: {kind}: {clean(why)}" for kind, why in sorted(limits.unread.items()) if kind not in refused]
    groups: dict[tuple[str, ...], list[str]] = {}
    for kind, namespaces in sorted(limits.partial.items()):
        groups.setdefault(tuple(sorted(namespaces)), []).append(kind)
    lines += [f"read in {', '.join(spaces)} only: {', '.join(kinds)}" for spaces, kinds in sorted(groups.items())]
    lines += [
        f"assumed as Istio has it by default: {kind}: {clean(why)}" for kind, why in sorted(limits.assumed.items())
    ]
    nowhere = sum(gap.refused and not gap.evaluated_in for gap in report.gaps)
    somewhere = sum(bool(gap.evaluated_in) for gap in report.gaps)
    if lines:
        lines.append(f"so {nowhere} rules were not evaluated, {somewhere} in some namespaces only: -o json lists them")
        lines.append("which rights are needed: getmesh doctor --rbac")
    return lines
