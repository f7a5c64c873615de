"""Findings as the names of the objects at fault, one a line, for ``xargs kubectl get``."""

from getmesh.report.findings import FindingsReport


def render(report: FindingsReport) -> str:
    """Give ``kind/name -n namespace`` once per object, in the order of the findings."""
    names: dict[str, None] = {}
    for placed in report.findings:
        obj = placed.finding.object
        name = f"{obj.kind.lower()}/{obj.name}"
        names[f"{name} -n {obj.namespace}" if obj.namespace else name] = None
    return "".join(f"{name}\n" for name in names)
