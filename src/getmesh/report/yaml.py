"""Findings as YAML: the same data as the JSON."""

from typing import Any

from getmesh.report.findings import FindingsReport, report_data


def render(report: FindingsReport) -> str:
    """Give the report as YAML, keys in the order of the contract."""
    return dumps(report_data(report))


def dumps(data: Any) -> str:
    """Give any plain data as block YAML."""
    import yaml  # noqa: PLC0415 - only this format needs it

    text: str = yaml.dump(
        data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False, allow_unicode=True, width=120
    )
    return text
