"""Connection pools and outlier detection."""

from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import amounts
from getmesh.model.validation.faults import Faults

_COUNTS: Final = (
    "http1MaxPendingRequests", "http2MaxRequests", "maxRequestsPerConnection", "maxRetries", "maxConcurrentStreams",
)  # fmt: skip


def connection_pool(pool: dict[str, Any] | None, path: Path, faults: Faults) -> None:
    """Check a connection pool."""
    if pool is None:
        return
    if "http" not in pool and "tcp" not in pool:
        faults.error(path, "a connection pool sets neither http nor tcp")
        return
    if "http" in pool:
        _http(pool["http"], (*path, "http"), faults)
    if "tcp" in pool:
        _tcp(pool["tcp"], (*path, "tcp"), faults)


def _http(http: dict[str, Any], path: Path, faults: Faults) -> None:
    _not_negative(http, _COUNTS, path, faults)
    _durations(http, ("idleTimeout",), path, faults)
    if http.get("h2UpgradePolicy") == "UPGRADE" and http.get("useClientProtocol"):
        faults.error((*path, "h2UpgradePolicy"), "upgrading to HTTP/2 contradicts useClientProtocol")
    if "http2KeepAlive" in http:
        for field in ("interval", "timeout"):
            place = (*path, "http2KeepAlive", field)
            value = http["http2KeepAlive"].get(field)
            faults.error(place, f"{field} is missing" if value is None else amounts.duration(value))


def _tcp(tcp: dict[str, Any], path: Path, faults: Faults) -> None:
    _not_negative(tcp, ("maxConnections",), path, faults)
    _durations(tcp, ("connectTimeout", "maxConnectionDuration"), path, faults)
    idle = amounts.nanoseconds(tcp.get("idleTimeout", 0))
    if abs(idle) >= amounts.MILLISECOND:
        faults.error((*path, "idleTimeout"), amounts.duration(idle))
    _durations(tcp.get("tcpKeepalive", {}), ("time", "interval"), (*path, "tcpKeepalive"), faults)


def _not_negative(owner: dict[str, Any], fields: tuple[str, ...], path: Path, faults: Faults) -> None:
    for field in fields:
        if owner.get(field, 0) < 0:
            faults.error((*path, field), f"{owner[field]} is negative")


def _durations(owner: dict[str, Any], fields: tuple[str, ...], path: Path, faults: Faults) -> None:
    for field in fields:
        if field in owner:
            faults.error((*path, field), amounts.duration(owner[field]))


def outlier(detection: dict[str, Any] | None, path: Path, faults: Faults) -> None:
    """Check outlier detection."""
    if detection is None:
        return
    _durations(detection, ("baseEjectionTime", "interval"), path, faults)
    if detection.get("consecutiveErrors"):
        faults.warn((*path, "consecutiveErrors"), "consecutiveErrors is old; use consecutive5xxErrors")
    if detection.get("consecutiveLocalOriginFailures", 0) > 0 and not detection.get("splitExternalLocalOriginErrors"):
        faults.error(
            (*path, "consecutiveLocalOriginFailures"),
            "consecutiveLocalOriginFailures needs splitExternalLocalOriginErrors: true",
        )
    for field in ("maxEjectionPercent", "minHealthPercent"):
        faults.error((*path, field), amounts.percent(detection.get(field, 0)))
