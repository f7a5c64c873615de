"""Pieces of routes: destinations, weights, retries, status codes."""

import re
from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import amounts, names
from getmesh.model.validation.faults import Faults

_ATOI: Final = re.compile(r"[+-]?[0-9]{1,18}")
_GRPC: Final = frozenset({
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
})  # fmt: skip
_RETRY_ON: Final = frozenset({
    "5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx", "refused-stream",
    "retriable-status-codes", "retriable-headers", "envoy-ratelimited", "http3-post-connect-failure", "cancelled",
    "deadline-exceeded", "internal", "resource-exhausted", "unavailable",
})  # fmt: skip
_REGISTERED: Final = frozenset({
    *range(100, 104), *range(200, 209), 226, *range(300, 306), 307, 308, *range(400, 419), *range(421, 427), 428, 429,
    431, 451, *range(500, 509), 510, 511,
})  # fmt: skip
_WRAP: Final = 1 << 32
_STATUSES: Final = range(200, 601)


def destination(value: dict[str, Any] | None, path: Path, faults: Faults) -> None:
    """Check a destination: host, subset, port."""
    if value is None:
        return
    host = value.get("host", "")
    if host == "*":
        faults.error((*path, "host"), "a destination cannot be every host ('*')")
    else:
        faults.error((*path, "host"), names.wild_domain(host) if host else "a destination names no host")
    if value.get("subset"):
        faults.error((*path, "subset"), names.label(value["subset"]))
    if "port" in value:
        faults.error((*path, "port", "number"), names.port(value["port"].get("number", 0)))


def weights(routes: list[dict[str, Any]], path: Path, faults: Faults) -> None:
    """Check weighted destinations; Istio asks for no sum of 100, only for one that is not 0."""
    total = 0
    for index, route in enumerate(routes):
        if "destination" not in route:
            faults.error((*path, index), "a route has no destination")
        destination(route.get("destination"), (*path, index, "destination"), faults)
        weight = route.get("weight", 0)
        if weight < 0:
            faults.error((*path, index, "weight"), f"weight {weight} is negative")
        total += weight
    if len(routes) > 1 and total % _WRAP == 0:
        faults.error(path, "the weights add up to 0, so nothing gets any traffic")


def http_status(code: int) -> str:
    """Check a status that a route answers with."""
    return "" if code in _STATUSES else f"HTTP status {code} is not between 200 and 600"


def grpc_status(name: str) -> str:
    """Check the name of a gRPC status."""
    return "" if name in _GRPC else f"{name!r} is no gRPC status"


def retry(policy: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check a retry policy."""
    attempts = policy.get("attempts", 0)
    if attempts < 0:
        faults.error((*path, "attempts"), f"{attempts} attempts are fewer than none")
    if attempts == 0 and ("perTryTimeout" in policy or policy.get("retryOn") or "retryRemoteLocalities" in policy):
        faults.error((*path, "attempts"), "a retry policy that sets attempts to 0 may set nothing else")
    for field in ("perTryTimeout", "backoff"):
        if field in policy:
            faults.error((*path, field), amounts.duration(policy[field]))
    if policy.get("retryOn"):
        for part in policy["retryOn"].split(","):
            if part not in _RETRY_ON and not (_ATOI.fullmatch(part) and int(part) in _REGISTERED):
                faults.error((*path, "retryOn"), f"{part!r} is no retry condition")
