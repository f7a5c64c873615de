"""ServiceEntry, and the addresses of workloads that it and WorkloadEntry share."""

from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import names, parts
from getmesh.model.validation.faults import Faults
from getmesh.model.validation.workload import address

_UNIX: Final = "unix://"
_DNS: Final = ("DNS", "DNS_ROUND_ROBIN")
_KNOWN: Final = ("NONE", "STATIC", *_DNS, "DYNAMIC_DNS")
_DYNAMIC: Final = frozenset({"http", "tls", "grpc", "http2"})


def validate(spec: dict[str, Any], _name: str, namespace: str, faults: Faults) -> None:
    """Check the spec of a ServiceEntry."""
    if not parts.selector(spec, "workloadSelector", "labels", faults):
        return
    if "workloadSelector" in spec and spec.get("endpoints"):
        faults.error(("spec", "endpoints"), "endpoints and workloadSelector exclude each other")
    resolution = spec.get("resolution", "NONE")
    _hosts(spec, resolution, faults)
    _addresses(spec, resolution, faults)
    _ports(spec, resolution, faults)
    _resolution(spec, resolution, faults)
    if len(spec.get("hosts", ())) > 1 and resolution != "NONE":
        for index, port in enumerate(spec.get("ports", ())):
            protocol = port.get("protocol", "").lower()
            if protocol not in parts.HTTP and protocol not in parts.TLS:
                faults.error(
                    ("spec", "ports", index, "protocol"),
                    "several hosts need ports of an HTTP or TLS protocol, which tell them apart",
                )
    parts.export_to(spec, namespace, faults, none_allowed=True)


def _hosts(spec: dict[str, Any], resolution: str, faults: Faults) -> None:
    if not spec.get("hosts"):
        faults.error(("spec", "hosts"), "a ServiceEntry has no hosts")
    for index, host in enumerate(spec.get("hosts", ())):
        place = ("spec", "hosts", index)
        if host == "*":
            faults.error(place, "the host '*' is not allowed")
            continue
        faults.error(place, names.wild_domain(host))
        if resolution != "DYNAMIC_DNS":
            faults.warn(place, names.partial_wildcard(host))


def _addresses(spec: dict[str, Any], resolution: str, faults: Faults) -> None:
    entries = spec.get("addresses", ())
    for index, entry in enumerate(entries):
        faults.error(("spec", "addresses", index), names.subnet(entry))
    if resolution not in ("NONE", "STATIC") and any("/" in entry for entry in entries):
        faults.error(("spec", "addresses"), f"address blocks are not allowed with resolution {resolution}")


def _ports(spec: dict[str, Any], resolution: str, faults: Faults) -> None:
    labels: set[str] = set()
    numbers: set[int] = set()
    for index, port in enumerate(spec.get("ports", ())):
        path = ("spec", "ports", index)
        label, number, protocol = port.get("name", ""), port.get("number", 0), port.get("protocol", "")
        if label in labels:
            faults.error((*path, "name"), f"port name {label!r} is given twice")
        if number in numbers:
            faults.error((*path, "number"), f"port {number} is given twice")
        labels.add(label)
        numbers.add(number)
        faults.error((*path, "name"), names.label(label) if label else "a port has no name")
        faults.error((*path, "number"), names.port(number))
        if port.get("targetPort"):
            faults.error((*path, "targetPort"), names.port(port["targetPort"]))
        if protocol:
            faults.error((*path, "protocol"), parts.protocol(protocol))
        if protocol in ("", "TCP") and resolution == "NONE" and not spec.get("addresses"):
            faults.warn(path, "a TCP port without addresses and resolution takes all traffic of that port")


def _resolution(spec: dict[str, Any], resolution: str, faults: Faults) -> None:
    if resolution not in _KNOWN:
        faults.error(("spec", "resolution"), f"resolution {resolution} is unknown")
    elif resolution == "NONE":
        if spec.get("endpoints"):
            faults.error(("spec", "endpoints"), "endpoints have no meaning with resolution NONE")
        if "workloadSelector" in spec:
            faults.warn(("spec", "workloadSelector"), "workloadSelector has no meaning with resolution NONE")
    elif resolution == "STATIC":
        for index, endpoint in enumerate(spec.get("endpoints", ())):
            _static(spec, endpoint, ("spec", "endpoints", index), faults)
    elif resolution == "DYNAMIC_DNS":
        _dynamic(spec, faults)
    else:
        _by_name(spec, resolution, faults)


def _port_names(spec: dict[str, Any]) -> set[str]:
    return {port.get("name", "") for port in spec.get("ports", ())}


def _static(spec: dict[str, Any], endpoint: dict[str, Any], path: Path, faults: Faults) -> None:
    address(endpoint, path, faults, by_name=False)
    known = _port_names(spec)
    for name in endpoint.get("ports", {}):
        if name not in known:
            faults.error((*path, "ports", name), f"port {name!r} is none of the entry's ports")
    if endpoint.get("address", "").startswith(_UNIX) and len(known) != 1:
        faults.error((*path, "address"), "a socket file as endpoint needs an entry with exactly one port")


def _by_name(spec: dict[str, Any], resolution: str, faults: Faults) -> None:
    endpoints, hosts = spec.get("endpoints", []), spec.get("hosts", [])
    if not endpoints and any(names.fqdn(host) for host in hosts):
        faults.error(("spec", "hosts"), f"resolution {resolution} without endpoints resolves the hosts, not wildcards")
    if resolution == "DNS_ROUND_ROBIN" and len(endpoints) > 1:
        faults.error(("spec", "endpoints"), "resolution DNS_ROUND_ROBIN takes one endpoint")
    known = _port_names(spec)
    for index, endpoint in enumerate(endpoints):
        path, where = ("spec", "endpoints", index), endpoint.get("address", "")
        if not names.is_ip(where):
            faults.error((*path, "address"), names.fqdn(where))
        parts.label_set(endpoint.get("labels", {}), (*path, "labels"), faults)
        for name, number in endpoint.get("ports", {}).items():
            if name not in known:
                faults.error((*path, "ports", name), f"port {name!r} is none of the entry's ports")
            faults.error((*path, "ports", name), names.label(name))
            faults.error((*path, "ports", name), names.port(number))
    tcp = any(port.get("protocol", "").lower() in parts.TCP for port in spec.get("ports", ()))
    if spec.get("addresses") and tcp and len(hosts) > 1:
        faults.warn(("spec", "addresses"), "several hosts share the addresses, so TCP traffic cannot be told apart")


def _dynamic(spec: dict[str, Any], faults: Faults) -> None:
    if not spec.get("hosts"):
        faults.error(("spec", "hosts"), "resolution DYNAMIC_DNS needs hosts")
    for index, host in enumerate(spec.get("hosts", ())):
        if not host.startswith("*"):
            faults.error(("spec", "hosts", index), f"resolution DYNAMIC_DNS needs wildcard hosts, not {host!r}")
    for field in ("addresses", "endpoints"):
        if spec.get(field):
            faults.error(("spec", field), f"resolution DYNAMIC_DNS takes no {field}")
    for index, port in enumerate(spec.get("ports", ())):
        if port.get("protocol", "").lower() not in _DYNAMIC:
            faults.error(("spec", "ports", index, "protocol"), "resolution DYNAMIC_DNS needs protocol HTTP or TLS")
    if isinstance(spec.get("location", ""), int):
        faults.error(("spec", "location"), f"location {spec['location']} is unknown")
