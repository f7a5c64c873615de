"""What a plain scalar of YAML means to Kubernetes.

Kubernetes reads YAML through go-yaml version 2 and turns it into JSON (``sigs.k8s.io/yaml``). Its rules are those of
YAML 1.1 with exceptions: ``y`` and ``n`` are booleans, dates stay strings, base 60 is not known, and numbers have the
forms of Go's ``strconv``.
"""

import base64
import math
import re
import struct
from datetime import date
from typing import Any, Final

from getmesh.sources.places import UnreadableError

_WORDS: Final[dict[str, Any]] = {
    **{word: True for name in ("y", "yes", "true", "on") for word in (name, name.capitalize(), name.upper())},
    **{word: False for name in ("n", "no", "false", "off") for word in (name, name.capitalize(), name.upper())},
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{sign + word: math.inf for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}

_STARTS: Final = frozenset("+-0123456789.")
_DECIMAL: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_INTEGER: Final = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]([0-7]+)|0([0-7]+)|(0|[1-9][0-9]*))\Z")
_BASES: Final = (16, 2, 8, 8, 10)
_SIGNED_BINARY: Final = re.compile(r"(-?)0b([-+]?)([01]+)\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_DOTTED: Final = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?\Z")
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+]([0-9]{2}):([0-9]{2}))"
    r"| +([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?)?\Z"
)
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z")

_LONG: Final = "tag:yaml.org,2002:"
STR_TAG: Final = _LONG + "str"
NULL_TAG: Final = _LONG + "null"
MERGE_TAG: Final = _LONG + "merge"
_BINARY_TAG: Final = _LONG + "binary"
_KINDS: Final = {
    _LONG + "bool": "bool",
    _LONG + "int": "int",
    _LONG + "float": "float",
    NULL_TAG: "null",
    _LONG + "timestamp": "timestamp",
}

MIN_INT: Final = -(2**63)
MAX_INT: Final = 2**63 - 1
MAX_UINT: Final = 2**64 - 1


def plain(text: str) -> Any:
    """Give the value of an untagged plain scalar: None, bool, int (64 bits, signed or not), float or str."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS:
        return text
    return _number(text)


def _number(text: str) -> Any:
    if _DECIMAL.match(text):
        number = int(text) if len(text) <= 20 else MAX_UINT + 1  # noqa: PLR2004 - digits that 64 bits can need
        if MIN_INT <= number <= MAX_INT or (text[0] not in "+-" and number <= MAX_UINT):
            return number
    if text[0] == ".":
        return _go_float(text)
    digits = text.replace("_", "")
    whole = _integer(digits)
    if whole is not None:
        return whole
    if _FLOAT.match(digits):
        size = float(digits)
        if not math.isinf(size):
            return size
    binary = _SIGNED_BINARY.match(digits)
    if binary is not None:
        return _binary(binary, text)
    return text


def _integer(digits: str) -> int | None:
    match = _INTEGER.match(digits)
    if match is None:
        return None
    sign, *groups = match.groups()
    for base, group in zip(_BASES, groups, strict=True):
        if group is not None:
            if base == 10 and len(group) > 20:  # noqa: PLR2004 - longer cannot fit; int() would take quadratic time
                return None
            size = int(group, base)
            if sign == "-":
                return -size if size <= -MIN_INT else None
            return size if size <= MAX_INT or (not sign and size <= MAX_UINT) else None
    return None


def _binary(match: re.Match[str], text: str) -> Any:
    minus, sign, digits = match.groups()
    if minus and sign:
        return text
    size = int(digits, 2)
    if minus or sign == "-":
        return -size if size <= -MIN_INT else text
    return size if size <= MAX_INT or (not sign and size <= MAX_UINT) else text


def _go_float(text: str) -> Any:
    """Read what starts with a dot as Go's ``strconv.ParseFloat`` does: out of range is no number."""
    if not _DOTTED.match(text):
        return text
    number = float(text)
    return text if math.isinf(number) else number


def is_timestamp(text: str) -> bool:
    """Tell whether go-yaml takes this for a date or time; such values stay text, whatever the tag."""
    match = _TIME.match(text)
    if match is None:
        return False
    year, month, day, *rest = (int(group) if group else 0 for group in match.groups())
    hour, minute, second, zone_hour, zone_minute, hour2, minute2, second2 = rest
    try:
        date(year or 4, month, day)
    except ValueError:
        return False
    clock = hour < 24 and hour2 < 24 and max(minute, minute2, second, second2) < 60  # noqa: PLR2004 - a day's clock
    return clock and zone_hour <= 24 and zone_minute < 60  # noqa: PLR2004 - as Go's time.Parse limits them


def tagged(tag: str, text: str) -> Any:
    """Give the value of a scalar with a tag (long form); raise UnreadableError if the tag does not allow it."""
    if tag == STR_TAG:
        return text
    if tag == _BINARY_TAG:
        return _base64(text)
    wanted = _KINDS.get(tag)
    if wanted is None:
        return text
    if wanted == "timestamp":
        if is_timestamp(text):
            return text
        raise _mismatch(plain(text), text, wanted)
    value = plain(text)
    if kind_of(value) == wanted:
        return value
    if wanted == "float" and isinstance(value, int) and not isinstance(value, bool) and value <= MAX_INT:
        return float(value)
    raise _mismatch(value, text, wanted)


def _mismatch(value: Any, text: str, wanted: str) -> UnreadableError:
    shown = text if len(text) <= 40 else text[:37] + "..."  # noqa: PLR2004 - a line's worth
    return UnreadableError(f"{shown!r} ({kind_of(value)}) is marked as !!{wanted}, which it is not")


def kind_of(value: Any) -> str:
    """Name the kind of a scalar."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    return {int: "int", float: "float"}.get(type(value), "str")


def _base64(text: str) -> str:
    packed = text.replace("\n", "").replace("\r", "")
    if not _BASE64.match(packed):
        raise UnreadableError("!!binary value is not base64")
    return base64.b64decode(packed).decode("utf-8", "replace")


def key_text(value: Any) -> str:
    """Give the JSON key that Kubernetes makes of a scalar key; raise UnreadableError if it makes none."""
    if isinstance(value, str):
        return value
    if value is None:
        raise UnreadableError("null cannot be a key")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _short_float(value)
    if value > MAX_INT:
        raise UnreadableError(f"{value} is too large a number for a key")
    return str(value)


def _short_float(value: float) -> str:
    """Write a float as Go's ``strconv.FormatFloat(x, 'g', -1, 32)``: shortest that gives the same 32-bit number."""
    if math.isnan(value):
        return ".nan"
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(math.inf, value)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    for digits in range(1, 10):
        text = f"{single:.{digits - 1}e}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == single:
            break
    mantissa, _, exponent = text.partition("e")
    size = int(exponent)
    if size < -4 or size >= 6:  # noqa: PLR2004 - where Go changes to exponents
        return f"{mantissa}e{'-' if size < 0 else '+'}{abs(size):02d}"
    return f"{single:.{max(digits - 1 - size, 0)}f}"
