"""Gateway: servers, their ports, hosts and TLS."""

from typing import Any

from getmesh.model.paths import Path
from getmesh.model.validation import names, parts, tls
from getmesh.model.validation.faults import Faults

_UNIX = "unix://"


def validate(spec: dict[str, Any], name: str, _namespace: str, faults: Faults) -> None:
    """Check the spec of a Gateway, and its name, which proxies use as a label."""
    faults.error(("metadata", "name"), names.label(name))
    if not spec.get("servers"):
        faults.error(("spec", "servers"), "a gateway has no servers")
    seen: set[str] = set()
    for index, server in enumerate(spec.get("servers", ())):
        path = ("spec", "servers", index)
        _server(server, path, faults)
        if "port" in server:
            label = server["port"].get("name", "")
            if label in seen:
                faults.error((*path, "port", "name"), f"port name {label!r} is used by another server too")
            seen.add(label)


def _server(server: dict[str, Any], path: Path, faults: Faults) -> None:
    if not server.get("hosts"):
        faults.error((*path, "hosts"), "a server has no hosts")
    for index, host in enumerate(server.get("hosts", ())):
        _host(host, (*path, "hosts", index), faults)
    before = len(faults.errors)
    _port(server, path, faults)
    bind = server.get("bind", "")
    sound = len(faults.errors) == before
    if bind.startswith(_UNIX):
        faults.error((*path, "bind"), names.unix_path(bind.removeprefix(_UNIX)))
        if server.get("port", {}).get("number", 0):
            faults.error((*path, "port", "number"), "a server on a socket file has port number 0")
    elif bind:
        faults.error((*path, "bind"), names.ip(bind))
    tls.server(server.get("tls"), (*path, "tls"), faults)
    if "port" not in server:
        return
    protocol = server["port"].get("protocol", "").lower()
    if sound:
        _tls_fits(server.get("tls"), protocol, path, faults)
    if server.get("tls", {}).get("httpsRedirect") and protocol not in parts.HTTP:
        faults.warn((*path, "tls", "httpsRedirect"), "httpsRedirect has an effect only on HTTP servers")


def _host(host: str, path: Path, faults: Faults) -> None:
    space, slash, name = host.partition("/")
    if slash:
        if not space or not name:
            faults.error(path, f"host {host!r} lacks its namespace or its name")
            return
        if space not in ("*", "."):
            faults.error(path, names.label(space))
    host_part(name if slash else host, path, faults, addresses=True)


def host_part(host: str, path: Path, faults: Faults, *, addresses: bool) -> None:
    """Check the host behind the namespace; `addresses` says whether it may be an IP address."""
    if host != "*" and "." not in host:
        faults.error(path, f"{host!r} is a short name; hosts here are fully qualified")
    if not names.is_wild_domain(host) and not (addresses and names.is_ip(host)):
        faults.error(path, names.wild_domain(host))
    faults.error(path, names.partial_wildcard(host))


def _port(server: dict[str, Any], path: Path, faults: Faults) -> None:
    if "port" not in server:
        faults.error((*path, "port"), "a server has no port")
        return
    port, place = server["port"], (*path, "port")
    number = port.get("number", 0)
    faults.error((*place, "protocol"), parts.protocol(port.get("protocol", "")))
    if number or not server.get("bind", "").startswith(_UNIX):
        faults.error((*place, "number"), names.port(number))
    if port.get("targetPort", 0) > 0:
        faults.error((*place, "targetPort"), "targetPort has no meaning in a gateway")
    if not port.get("name"):
        faults.error((*place, "name"), "a port has no name")


def _tls_fits(settings: dict[str, Any] | None, protocol: str, path: Path, faults: Faults) -> None:
    if protocol in parts.TLS:
        if settings is None:
            faults.error((*path, "tls"), f"a server of protocol {protocol} needs tls settings")
    elif settings is not None:
        files = any(settings.get(field) for field in ("caCertificates", "privateKey", "serverCertificate"))
        mode = settings.get("mode", "PASSTHROUGH")
        if protocol not in parts.HTTP or files or mode not in tls.PASSTHROUGH:
            faults.error((*path, "tls"), f"a server of protocol {protocol} cannot have tls settings")
