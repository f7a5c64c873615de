"""Sidecar."""

import re
from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import names, parts, tls
from getmesh.model.validation.faults import Faults
from getmesh.model.validation.gateway import host_part
from getmesh.model.validation.pools import connection_pool
from getmesh.model.validation.routing import destination

_UNIX: Final = "unix://"
_LOCAL: Final = frozenset({"", "127.0.0.1", "0.0.0.0", "::1", "::"})  # noqa: S104 - compared, nothing listens
_WHOLE: Final = ("egress", "ingress", "outboundTrafficPolicy", "inboundConnectionPool")
_ATOI: Final = re.compile(r"[+-]?[0-9]{1,18}")
_SERVER_FORBIDS: Final = ("subjectAltNames", "credentialName", "credentialNames", "tlsCertificates", "httpsRedirect")


def validate(spec: dict[str, Any], _name: str, namespace: str, faults: Faults) -> None:
    """Check the spec of a Sidecar."""
    whole = any(field in spec for field in _WHOLE)
    if not parts.selector(spec, "workloadSelector", "labels", faults if whole else faults.muted()):
        return
    if not whole:
        faults.error(("spec",), "a sidecar sets nothing")
        return
    numbers: set[int] = set()
    for index, listener in enumerate(spec.get("ingress", ())):
        _ingress(listener, ("spec", "ingress", index), numbers, faults)
    connection_pool(spec.get("inboundConnectionPool"), ("spec", "inboundConnectionPool"), faults)
    _egress(spec.get("egress", []), namespace, faults)
    if "outboundTrafficPolicy" in spec:
        _outbound(spec["outboundTrafficPolicy"], ("spec", "outboundTrafficPolicy"), faults)


def _port(port: dict[str, Any], path: Path, faults: Faults) -> None:
    if port.get("targetPort", 0) > 0:
        faults.error((*path, "targetPort"), "targetPort has no meaning in a sidecar")
    if port.get("name"):
        faults.error((*path, "name"), names.label(port["name"]))
    if port.get("protocol"):
        faults.error((*path, "protocol"), parts.protocol(port["protocol"]))


def _ingress(listener: dict[str, Any], path: Path, numbers: set[int], faults: Faults) -> None:
    if "port" not in listener:
        faults.error((*path, "port"), "an ingress listener has no port")
        return
    port, place = listener["port"], (*path, "port")
    number, protocol = port.get("number", 0), port.get("protocol", "").lower()
    _port(port, place, faults)
    faults.error((*place, "number"), names.port(number))
    if number in numbers:
        faults.error((*place, "number"), f"port {number} is used by another ingress listener too")
    numbers.add(number)
    if listener.get("bind"):
        faults.error((*path, "bind"), names.ip(listener["bind"]))
    faults.error((*path, "defaultEndpoint"), _endpoint_problem(listener.get("defaultEndpoint", "")))
    if "tls" in listener:
        _server_tls(listener["tls"], protocol, (*path, "tls"), faults)
    pool = listener.get("connectionPool")
    connection_pool(pool, (*path, "connectionPool"), faults)
    if pool is not None and "http" in pool and protocol not in parts.HTTP:
        faults.warn((*path, "connectionPool", "http"), "HTTP settings on a port that is not HTTP have no effect")


def _endpoint_problem(text: str) -> str:
    if not text:
        return ""
    if text.startswith(_UNIX):
        return names.unix_path(text.removeprefix(_UNIX))
    split = names.host_and_port(text)
    if split is None or split[0] not in _LOCAL:
        return f"endpoint {text!r} is neither HOST:PORT of the local host nor unix://PATH"
    port = split[1]
    return names.port(int(port)) if _ATOI.fullmatch(port) else f"endpoint {text!r} has no port number"


def _server_tls(settings: dict[str, Any], protocol: str, path: Path, faults: Faults) -> None:
    for field in _SERVER_FORBIDS:
        if settings.get(field):
            faults.error((*path, field), f"{field} is not allowed in a sidecar")
    mode = settings.get("mode", "PASSTHROUGH")
    if mode in ("ISTIO_MUTUAL", "AUTO_PASSTHROUGH"):
        faults.error((*path, "mode"), f"mode {mode} is not allowed in a sidecar")
    if protocol not in parts.TLS:
        faults.error(path, "tls settings need a port of protocol HTTPS or TLS")
    tls.server(settings, path, faults)


def _egress(listeners: list[dict[str, Any]], namespace: str, faults: Faults) -> None:
    numbers: set[int] = set()
    sockets: set[str] = set()
    for index, listener in enumerate(listeners):
        path = ("spec", "egress", index)
        if "port" in listener:
            _egress_port(listener, path, (numbers, sockets), faults)
        elif index + 1 < len(listeners):
            faults.error((*path, "port"), "only the last egress listener may have no port")
        _egress_hosts(listener.get("hosts", []), namespace, (*path, "hosts"), faults)


def _egress_port(listener: dict[str, Any], path: Path, seen: tuple[set[int], set[str]], faults: Faults) -> None:
    port, bind = listener["port"], listener.get("bind", "")
    number = port.get("number", 0)
    _port(port, (*path, "port"), faults)
    if number:
        faults.error((*path, "port", "number"), names.port(number))
        faults.error((*path, "bind"), names.ip(bind) if bind else "")
        if number in seen[0]:
            faults.error((*path, "port", "number"), f"port {number} is used by another egress listener too")
        seen[0].add(number)
        return
    if bind.startswith(_UNIX):
        faults.error((*path, "bind"), names.unix_path(bind.removeprefix(_UNIX)))
    else:
        faults.error((*path, "bind"), "a listener without port number must bind to unix://PATH")
    if listener.get("captureMode", "DEFAULT") not in ("DEFAULT", "NONE"):
        faults.error((*path, "captureMode"), "traffic to a socket file cannot be captured")
    if bind in seen[1]:
        faults.error((*path, "bind"), f"{bind!r} is used by another egress listener too")
    seen[1].add(bind)


def _egress_hosts(hosts: list[str], namespace: str, path: Path, faults: Faults) -> None:
    if not hosts:
        faults.error(path, "an egress listener has no hosts")
    seen: dict[str, set[str]] = {}
    for index, host in enumerate(hosts):
        _egress_host(host, (*path, index), faults)
        space, slash, name = host.partition("/")
        if not slash or space.startswith("~"):
            continue
        space = namespace if space == "." else space
        known = seen.setdefault(space, set())
        if (known and name == "*") or {name, "*"} & known:
            faults.warn((*path, index), f"host {host!r} is covered by another one of the list, or covers it")
        known.add(name)
    if "*" in seen.get("*", ()) and len(seen) > 1:
        faults.warn(path, "'*/*' makes the other hosts of the list superfluous")


def _egress_host(host: str, path: Path, faults: Faults) -> None:
    space, slash, name = host.partition("/")
    if not slash:
        faults.error(path, f"host {host!r} is no NAMESPACE/HOST")
        return
    if not space or not name:
        faults.error(path, f"host {host!r} lacks its namespace or its name")
        return
    bare = space.removeprefix("~")
    if bare not in ("", "*", "."):
        faults.error(path, names.label(bare))
    host_part(name, path, faults, addresses=False)


def _outbound(policy: dict[str, Any], path: Path, faults: Faults) -> None:
    mode = policy.get("mode", "REGISTRY_ONLY")
    if isinstance(mode, int):
        faults.error((*path, "mode"), f"mode {mode} is unknown" if mode == 3 else "")  # noqa: PLR2004 - an enum's number
        if mode == 3:  # noqa: PLR2004 - same
            return
    if "egressProxy" not in policy:
        return
    proxy, place = policy["egressProxy"], (*path, "egressProxy")
    if mode != "ALLOW_ANY":
        faults.error(place, "egressProxy needs mode ALLOW_ANY")
        return
    faults.error((*place, "host"), names.fqdn(proxy.get("host", "")))
    if "port" not in proxy:
        faults.error((*place, "port"), "an egress proxy needs a port")
        return
    destination(proxy, place, faults)
