"""Documents in JSON, at the speed of C, by Kubernetes' rules."""

import json
import math
import re
from typing import Any, Final

from getmesh.sources import scalars
from getmesh.sources.exact import json_value

_LONG_NUMBER: Final = re.compile(r"[0-9]{19}")
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


class NotJsonError(Exception):
    """The text is no JSON, or not only JSON."""


def decode(text: bytes) -> tuple[Any, bool]:
    """Give the value and whether some key stands twice in a map; raise NotJsonError.

    Numbers: whole ones of 64 bits are int, all others float. Half surrogate pairs become U+FFFD as Go makes them.
    """
    duplicates = False

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal duplicates
        built = dict(pairs)
        if len(built) != len(pairs):
            duplicates = True
        return built

    try:
        source = text.decode("utf-8").removeprefix("\ufeff")
        whole = _whole if _LONG_NUMBER.search(source) else None
        value = json.loads(
            source, object_pairs_hook=collect, parse_float=_number, parse_int=whole, parse_constant=_refuse
        )
    except (ValueError, RecursionError):
        raise NotJsonError from None
    return (_without_surrogates(value) if _SURROGATE.search(source) else value), duplicates


def _number(text: str) -> Any:
    number = float(text)
    if math.isinf(number):
        raise NotJsonError
    return json_value(number)


def _whole(text: str) -> Any:
    value = scalars.plain(text)
    return json_value(value)


def _refuse(name: str) -> Any:
    raise NotJsonError(name)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value
