"""What an HTTP route does besides routing: redirect, rewrite, answer, inject faults, CORS."""

from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation import amounts, headers, names
from getmesh.model.validation.faults import Faults
from getmesh.model.validation.patterns import regex
from getmesh.model.validation.routing import grpc_status, http_status

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"})
_REDIRECTS: Final = range(300, 400)
_MAX_BODY: Final = 1024 * 1024
_BIG_BODY: Final = 100 * 1024


def cors(policy: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check a CORS policy."""
    for index, origin in enumerate(policy.get("allowOrigins", ())):
        place = (*path, "allowOrigins", index)
        text = next((origin[arm] for arm in ("exact", "prefix", "regex") if arm in origin), "")
        faults.error(place, "" if text else "an allowed origin is empty")
        if origin.get("regex"):
            faults.error((*place, "regex"), regex(text))
    for index, method in enumerate(policy.get("allowMethods", ())):
        if method not in _METHODS:
            faults.error((*path, "allowMethods", index), f"{method!r} is no HTTP method (upper case counts)")
    for field in ("allowHeaders", "exposeHeaders"):
        for index, name in enumerate(policy.get(field, ())):
            faults.error((*path, field, index), headers.cors_name(name))
    if "maxAge" in policy:
        faults.error((*path, "maxAge"), amounts.duration(policy["maxAge"]))
        faults.error((*path, "maxAge"), amounts.whole_seconds(policy["maxAge"]))


def fault_injection(fault: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check injected faults."""
    if "abort" not in fault and "delay" not in fault:
        faults.error(path, "a fault has neither abort nor delay")
    if "abort" in fault:
        _abort(fault["abort"], (*path, "abort"), faults)
    if "delay" in fault:
        delay, place = fault["delay"], (*path, "delay")
        share = delay.get("percentage", {}).get("value", 0)
        faults.error((*place, "percentage", "value"), amounts.fault_percent(share))
        if "fixedDelay" in delay:
            faults.error((*place, "fixedDelay"), amounts.duration(delay["fixedDelay"]))
        if "exponentialDelay" in delay:
            faults.error((*place, "exponentialDelay"), "exponentialDelay is not supported")


def _abort(abort: dict[str, Any], path: Path, faults: Faults) -> None:
    share = abort.get("percentage", {}).get("value", 0)
    faults.error((*path, "percentage", "value"), amounts.fault_percent(share))
    if "grpcStatus" in abort:
        faults.error((*path, "grpcStatus"), grpc_status(abort["grpcStatus"]))
    elif "httpStatus" in abort:
        faults.error((*path, "httpStatus"), http_status(abort["httpStatus"]))
    elif "http2Error" in abort:
        faults.error((*path, "http2Error"), "http2Error is not supported")
    else:
        faults.muted().warn(path, "an abort says no status, so nothing is aborted")


def direct_response(response: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check an answer that the proxy gives itself."""
    faults.error((*path, "status"), http_status(response.get("status", 0)))
    body = response.get("body", {})
    size = _size(body["bytes"]) if "bytes" in body else len(body.get("string", "").encode("utf-8", "surrogatepass"))
    if size > _MAX_BODY:
        faults.error((*path, "body"), f"a body of {size} bytes is over 1 MiB")
    elif size > _BIG_BODY:
        faults.warn((*path, "body"), f"a body of {size} bytes is over 100 KiB and weighs on every proxy")


def _size(content: bytes | str) -> int:
    """Give how many bytes there are; those still written as base64 are counted by their letters."""
    if isinstance(content, bytes):
        return len(content)
    return len(content) // 4 * 3 - content[-2:].count("=")


def redirect(route: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check a redirect; the first problem ends the check."""
    it = route["redirect"]
    place, problem = _redirect_problem(it, route.get("match", ()))
    faults.error((*path, place) if place else path, problem)


def _redirect_problem(it: dict[str, Any], matches: Any) -> tuple[str, str]:
    code, scheme, number = it.get("redirectCode", 0), it.get("scheme", ""), it.get("port", 0)
    if it.get("uri") and it.get("prefixRewrite"):
        return "prefixRewrite", "uri and prefixRewrite exclude each other"
    if it.get("prefixRewrite") and any("uri" in match and "prefix" not in match["uri"] for match in matches):
        return "prefixRewrite", "prefixRewrite needs matches of a URI prefix"
    if not (
        it.get("uri") or it.get("prefixRewrite") or it.get("authority") or scheme or {"port", "derivePort"} & set(it)
    ):
        return "", "a redirect changes nothing"
    if code and code not in _REDIRECTS:
        return "redirectCode", f"{code} is no redirect status (300 to 399)"
    if scheme not in ("", "http", "https"):
        return "scheme", f"a redirect goes to http or https, not to {scheme!r}"
    return "port", f"port {number} is over 65535" if number > names.MAX_PORT else ""


def rewrite(it: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check a rewrite; the first problem ends the check."""
    pattern = it.get("uriRegexRewrite")
    if it.get("uri") and pattern is not None:
        faults.error((*path, "uriRegexRewrite"), "uri and uriRegexRewrite exclude each other")
    elif not it.get("uri") and pattern is None and not it.get("authority"):
        faults.error(path, "a rewrite changes nothing")
    elif pattern is not None:
        place = (*path, "uriRegexRewrite")
        if not pattern.get("match") or not pattern.get("rewrite"):
            faults.error(place, "uriRegexRewrite needs match and rewrite")
        else:
            faults.error((*place, "match"), regex(pattern["match"]))
