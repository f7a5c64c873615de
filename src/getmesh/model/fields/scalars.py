"""Scalar values as Istio's reader takes them.

Istio decodes specs with protocol-buffer JSON: numbers may be quoted, durations are Go's (``1h2m``), enums are names
or numbers. Kubernetes kinds are decoded by Go's plain JSON, which takes no quoted numbers.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable
from typing import Any, Final

BAD: Final = object()
"""What a scalar reader gives for a value that does not fit its type."""

_INTEGER: Final = re.compile(r"[ \t\r\n]*(-?(?:0|[1-9][0-9]*))[ \t\r\n]*")
_NUMBER: Final = re.compile(r"[ \t\r\n]*(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)[ \t\r\n]*")
_NOT_FINITE: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_UNITS: Final = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
_PART: Final = re.compile(r"([0-9]*)(\.[0-9]*)?(ns|us|µs|μs|ms|s|m|h)")
_MAX64: Final = 1 << 63
_LIMIT: Final = 1e21  # Go writes larger floats with an exponent, which no integer field takes
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def duration(value: Any) -> Any:
    """Give nanoseconds of a Go duration text, BAD for anything else."""
    if not isinstance(value, str):
        return BAD
    text = value[1:] if value[:1] in ("+", "-") else value
    sign = -1 if value[:1] == "-" else 1
    if text == "0":
        return 0
    total, at = 0, 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None or not (part[1] or (part[2] and len(part[2]) > 1)):
            return BAD
        unit = _UNITS[part[3]]
        total += int(part[1] or 0) * unit
        if part[2] and len(part[2]) > 1:
            total += int(part[2][1:19]) * unit // 10 ** len(part[2][1:19])
        at = part.end()
    return total * sign if text and total < _MAX64 and len(text) < 200 else BAD  # noqa: PLR2004 - no sane text is longer


def _integer(low: int, high: int) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, str):
            match = _INTEGER.fullmatch(value)
            if match is None or len(match[1]) > 20:  # noqa: PLR2004 - digits of the largest 64-bit number
                return BAD
            value = int(match[1])
        return _bounded(value, low, high)

    return read


def _plain_integer(low: int, high: int) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return _bounded(value, low, high)

    return read


def _bounded(value: Any, low: int, high: int) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < _LIMIT:
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        return BAD
    return value


def _double(value: Any) -> Any:
    if isinstance(value, str):
        if value in _NOT_FINITE:
            return _NOT_FINITE[value]
        match = _NUMBER.fullmatch(value)
        if match is None or len(value) > 400:  # noqa: PLR2004 - no sane number is longer
            return BAD
        value = float(match[1])
    elif type(value) not in (int, float):
        return BAD
    try:
        number = float(value)
    except OverflowError:
        return BAD
    return number if math.isfinite(number) else BAD


def _bytes(value: Any) -> Any:
    if isinstance(value, list):  # Go reads a list of small numbers as bytes too
        sound = all(item is None or (type(item) is int and 0 <= item < 256) for item in value)  # noqa: PLR2004 - a byte
        return bytes(item or 0 for item in value) if sound else BAD
    if not isinstance(value, str):
        return BAD
    try:
        return base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return BAD


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else BAD


def _bool(value: Any) -> Any:
    return value if isinstance(value, bool) else BAD


def _struct(value: Any) -> Any:
    return value if isinstance(value, dict) else BAD


def _either(value: Any) -> Any:
    return value if isinstance(value, str) else _bounded(value, -(1 << 31), (1 << 31) - 1)


def _time(value: Any) -> Any:
    return value if isinstance(value, str) and _TIME.fullmatch(value) else BAD


READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "string": _text,
    "bool": _bool,
    "int32": _integer(-(1 << 31), (1 << 31) - 1),
    "uint32": _integer(0, (1 << 32) - 1),
    "int64": _integer(-_MAX64, _MAX64 - 1),
    "uint64": _integer(0, (1 << 64) - 1),
    "double": _double,
    "bytes": _bytes,
    "duration": duration,
    "struct": _struct,
    "intOrString": _either,
    "time": _time,
}
PLAIN_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    **READERS,
    "int32": _plain_integer(-(1 << 31), (1 << 31) - 1),
    "int64": _plain_integer(-_MAX64, _MAX64 - 1),
}
ZERO: Final[dict[str, Any]] = {
    "string": "", "bool": False, "int32": 0, "uint32": 0, "int64": 0, "uint64": 0, "double": 0.0, "bytes": b"",
    "duration": 0, "struct": {}, "intOrString": 0, "time": "",
}  # fmt: skip
NOUNS: Final[dict[str, str]] = {
    "string": "a string", "bool": "true or false without quotes", "int32": "a whole number",
    "uint32": "a whole number from 0",
    "int64": "a whole number", "uint64": "a whole number from 0", "double": "a number", "bytes": "base64 text",
    "duration": "a duration such as 1.5s", "struct": "an object", "intOrString": "a number or a name",
    "time": "a time as RFC 3339 writes it",
}  # fmt: skip
