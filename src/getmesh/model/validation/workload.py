"""WorkloadEntry and WorkloadGroup."""

from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import headers, names, parts
from getmesh.model.validation.faults import Faults

_UNIX: Final = "unix://"
_COUNTS: Final = ("periodSeconds", "initialDelaySeconds", "timeoutSeconds", "successThreshold", "failureThreshold")


def address(entry: dict[str, Any], path: Path, faults: Faults, *, by_name: bool) -> None:
    """Check where a workload is reached; `by_name` says whether a DNS name will do."""
    where = entry.get("address", "")
    if not where:
        if not entry.get("network"):
            faults.error((*path, "address"), "a workload has neither address nor network")
            return
        faults.warn((*path, "address"), "a workload without address is reached only through its network's gateway")
    elif where.startswith(_UNIX):
        faults.error((*path, "address"), names.unix_path(where.removeprefix(_UNIX)))
        if entry.get("ports"):
            faults.error((*path, "ports"), "a socket file has no ports")
    elif not names.is_ip(where) and (not by_name or names.fqdn(where)):
        wanted = "an IP address or a DNS name" if by_name else "an IP address"
        faults.error((*path, "address"), f"address {where!r} is not {wanted}")
    for name, number in entry.get("ports", {}).items():
        faults.error((*path, "ports", name), names.label(name))
        faults.error((*path, "ports", name), names.port(number))
    parts.label_set(entry.get("labels", {}), (*path, "labels"), faults)


def validate_entry(spec: dict[str, Any], _name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of a WorkloadEntry."""
    address(spec, ("spec",), faults, by_name=True)


def validate_group(spec: dict[str, Any], _name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of a WorkloadGroup."""
    if "template" not in spec:
        faults.error(("spec", "template"), "a WorkloadGroup has no template")
        return
    before = len(faults.errors)
    parts.label_set(spec.get("metadata", {}).get("labels", {}), ("spec", "metadata", "labels"), faults)
    if "probe" in spec and len(faults.errors) == before:
        _probe(spec["probe"], ("spec", "probe"), faults)


def _probe(probe: dict[str, Any], path: Path, faults: Faults) -> None:
    for field in _COUNTS:
        if probe.get(field, 0) < 0:
            faults.error((*path, field), f"{field} {probe[field]} is negative")
    if "httpGet" in probe:
        http, place = probe["httpGet"], (*path, "httpGet")
        faults.error((*place, "port"), names.port(http.get("port", 0)))
        if http.get("scheme") and http["scheme"] not in ("HTTP", "HTTPS"):
            faults.error((*place, "scheme"), f"scheme {http['scheme']!r} is neither HTTP nor HTTPS")
        for index, header in enumerate(http.get("httpHeaders", ())):
            faults.error((*place, "httpHeaders", index, "name"), headers.probe_name(header.get("name", "")))
    elif "tcpSocket" in probe:
        faults.error((*path, "tcpSocket", "port"), names.port(probe["tcpSocket"].get("port", 0)))
    elif "exec" in probe:
        faults.error((*path, "exec", "command"), "" if probe["exec"].get("command") else "a probe runs no command")
    else:
        faults.error(path, "a probe has no method that Istio accepts: httpGet, tcpSocket or exec")
