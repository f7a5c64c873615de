"""HTTP header names and values, as Envoy's configuration takes them."""

import re
from typing import Any, Final

from getmesh.model.paths import Path
from getmesh.model.validation.faults import Faults

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
_STRICT: Final = re.compile(r"[A-Za-z0-9_-]+")
_PROBE: Final = re.compile(r"[A-Za-z0-9-]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PSEUDO: Final = frozenset({":method", ":scheme", ":authority", ":path", ":status"})
_CLAIMS: Final = "@request.auth.claims"
_TEXT, _NAME, _ARGUMENTS, _ITEM, _FREE, _QUOTED, _AFTER_ITEM, _AFTER_LIST, _CLOSING = range(9)


def is_claim(name: str) -> bool:
    """Whether a match key means a claim of a JWT."""
    if not name.lower().startswith(_CLAIMS):
        return False
    rest = name[len(_CLAIMS) :]
    return (rest.startswith(".") and len(rest) > 1) or (rest.startswith("[") and rest.endswith("]") and len(rest) > 2)  # noqa: PLR2004 - brackets


def match_name(name: str) -> str:
    """Check a header name in an HTTP match."""
    if name and (is_claim(name) or name in _PSEUDO or _TOKEN.fullmatch(name)):
        return ""
    return f"{name!r} is no header name"


def cors_name(name: str) -> str:
    """Check a header name of a CORS policy."""
    return "" if name == "*" or _TOKEN.fullmatch(name) else f"{name!r} is no header name"


def strict_name(name: str) -> str:
    """Check the name of a header that a claim is copied to."""
    return "" if _STRICT.fullmatch(name) else f"{name!r} is no header name of letters, digits, '-' and '_'"


def probe_name(name: str) -> str:
    """Check the name of a header that a probe sends."""
    return "" if _PROBE.fullmatch(name) else f"{name!r} is no header name of letters, digits and '-'"


def request_name(name: str) -> str:
    """Check the name of a request header to set or add."""
    if not name:
        return "a header name is empty"
    if name.startswith(":") and name.lower() != ":authority":
        return f"the pseudo header {name!r} cannot be set"
    return ""


def other_name(name: str) -> str:
    """Check the name of a header to remove, or of a response header."""
    if not name:
        return "a header name is empty"
    if name.lower() == "host":
        return "the header 'host' cannot be changed here"
    return f"the pseudo header {name!r} cannot be changed here" if name.startswith(":") else ""


def header_value(value: str) -> str:
    """Check a header value: no control characters, and format variables (``%NAME(args)%``) that are closed."""
    if _CONTROL.search(value):
        return f"header value {value!r} has control characters"
    return "" if _formats(value) else f"header value {value!r} has a malformed variable; write a plain '%' as '%%'"


def _formats(value: str) -> bool:
    state, at = _TEXT, 0
    while at < len(value):
        char = value[at]
        if state in (_FREE, _QUOTED) and char == "\\":
            at += 2
            if at > len(value):
                return False
            continue
        if state == _TEXT:
            if char == "%":
                if value[at + 1 : at + 2] == "%":
                    at += 1
                else:
                    state = _NAME
        else:
            following = _step(state, char)
            if following is None:
                return False
            state = following
        at += 1
    return state == _TEXT


def _step(state: int, char: str) -> int | None:
    if state == _ARGUMENTS and char not in " [":
        return _FREE
    if state in (_FREE, _QUOTED):
        return {")": _CLOSING, '"': _AFTER_ITEM}.get(char, state)
    if state == _NAME:
        return {"%": _TEXT, "(": _ARGUMENTS}.get(char, state)
    return _STEPS[state].get(char)


_STEPS: Final[dict[int, dict[str, int]]] = {
    _ARGUMENTS: {" ": _ARGUMENTS, "[": _ITEM},
    _ITEM: {" ": _ITEM, '"': _QUOTED},
    _AFTER_ITEM: {" ": _AFTER_ITEM, ",": _ITEM, "]": _AFTER_LIST},
    _AFTER_LIST: {" ": _AFTER_LIST, ")": _CLOSING},
    _CLOSING: {" ": _CLOSING, "%": _TEXT},
}


def operations(headers: dict[str, Any], path: Path, faults: Faults) -> None:
    """Check what is done to request and response headers."""
    for side, check in (("request", request_name), ("response", other_name)):
        actions = headers.get(side, {})
        for action in ("add", "set"):
            for name, value in actions.get(action, {}).items():
                place = (*path, side, action, name)
                faults.error(place, check(name))
                faults.error(place, header_value(value))
        for index, name in enumerate(actions.get("remove", ())):
            faults.error((*path, side, "remove", index), other_name(name))
