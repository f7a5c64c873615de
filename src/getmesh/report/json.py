"""Findings as versioned JSON (schema ``getmesh/findings/v1``)."""

import msgspec

from getmesh.report.findings import FindingsReport, report_data


def render(report: FindingsReport) -> str:
    """Give the report as indented JSON, keys in the order of the contract."""
    return dumps(report_data(report))


def dumps(data: object) -> str:
    """Give any plain data as indented JSON with a final line break; lone surrogates become replacement characters."""
    try:
        raw = msgspec.json.encode(data)
    except UnicodeEncodeError:
        raw = msgspec.json.encode(_valid(data))
    return msgspec.json.format(raw, indent=2).decode() + "\n"


def _valid(data: object) -> object:
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode()
    if isinstance(data, dict):
        return {_valid(key): _valid(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_valid(value) for value in data]
    return data
