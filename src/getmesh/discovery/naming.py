"""How istiod completes and compares host names, and what ``exportTo`` says.

Istio: ``pkg/config/host``, ``ResolveShortnameToFQDN`` and ``resolveGatewayName`` of ``pilot/pkg/model``.
"""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from getmesh.model.objects import as_list

PUBLIC: Final = "*"
PRIVATE: Final = "."
NOBODY: Final = "~"
EVERYONE: Final = frozenset({PUBLIC})


@lru_cache(maxsize=65536)
def is_address(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address."""
    if not text or not (text[0].isdigit() or ":" in text):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def complete(host: str, namespace: str, domain: str) -> str:
    """Give the full name of a host that an object of a namespace wrote; only bare names change."""
    if not host or "." in host or host == "*" or is_address(host):
        return host
    return f"{host}.{namespace}.svc.{domain}"


def gateway_name(text: str, namespace: str) -> str:
    """Give ``namespace/name`` of a gateway reference, the old DNS form included."""
    if "/" in text:
        before, _, after = text.partition("/")
        return f"{namespace}/{after}" if before == "." else text
    if "." not in text:
        return f"{namespace}/{text}"
    name, _, rest = text.partition(".")
    return f"{rest.partition('.')[0]}/{name}"


def covered(host: str, by: str) -> bool:
    """Whether one host name is a part of another: equal, or under its wildcard."""
    if by.startswith("*"):
        if host.startswith("*"):
            return len(host) >= len(by) and host[1:].endswith(by[1:])
        return host.endswith(by[1:])
    return host == by


def overlapping(one: str, other: str) -> bool:
    """Whether one of two host names covers the other."""
    if one.startswith("*"):
        if other.startswith("*"):
            short, long = sorted((one, other), key=len)
            return long[1:].endswith(short[1:])
        return other.endswith(one[1:])
    return one.endswith(other[1:]) if other.startswith("*") else one == other


def exports(values: Any) -> frozenset[str]:
    """Give the entries of an ``exportTo`` list; empty if there is none."""
    return frozenset(value for value in as_list(values) if isinstance(value, str))


def visible(export_to: Iterable[str], owner: str, viewer: str) -> bool:
    """Whether a namespace sees what another one exports; ``~`` means nobody unless something else lets it in."""
    return PUBLIC in export_to or viewer in export_to or (owner == viewer and PRIVATE in export_to)
