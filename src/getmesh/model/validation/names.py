"""Names, hosts, addresses: what Istio lets pass (``pkg/config/validation``, ``agent/pkg/…/validation``).

Every check gives a sentence about what is wrong, or the empty string.
"""

import ipaddress
import re
from functools import lru_cache
from typing import Final

_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?")
_WILD_LABEL: Final = re.compile(r"\*|(?:\*-?)?[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?")
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,2}")
_LABEL_NAME: Final = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_MAX_LABEL: Final = 63
_MAX_HOST: Final = 255
_MAX_PREFIX: Final = 253
_MAX_INT64: Final = (1 << 63) - 1
_BITS: Final = {4: 32, 6: 128}
MAX_PORT: Final = 65535
_OUTBOUND_PARTS: Final = 4


@lru_cache(maxsize=8192)
def is_label(text: str) -> bool:
    """Whether a text is a DNS label, in either case."""
    return len(text) <= _MAX_LABEL and _LABEL.fullmatch(text) is not None


def label(text: str) -> str:
    """Check a DNS label."""
    return "" if is_label(text) else f"{text!r} is no DNS label (at most 63 letters, digits and inner '-')"


def labels(text: str) -> bool:
    """Whether dotted labels are well-formed; the last may be empty but no number."""
    parts = text.split(".")
    if _WHOLE.fullmatch(parts[-1]) and -_MAX_INT64 - 1 <= int(parts[-1]) <= _MAX_INT64:
        return False
    return all(is_label(part) for part in parts[:-1]) and (not parts[-1] or is_label(parts[-1]))


def fqdn(text: str) -> str:
    """Check a host name without wildcard."""
    if 1 <= len(text.encode("utf-8", "surrogatepass")) <= _MAX_HOST and labels(text):
        return ""
    return f"{text!r} is no DNS name"


@lru_cache(maxsize=8192)
def is_wild_domain(text: str) -> bool:
    """Whether a text is a host name whose first label may be or begin with ``*``."""
    if not 1 <= len(text.encode("utf-8", "surrogatepass")) <= _MAX_HOST:
        return False
    first, dot, rest = text.partition(".")
    return len(first) <= _MAX_LABEL and _WILD_LABEL.fullmatch(first) is not None and (not dot or labels(rest))


def wild_domain(text: str) -> str:
    """Check a host name whose first label may be or begin with ``*``."""
    return "" if is_wild_domain(text) else f"{text!r} is no DNS name, nor one with a wildcard in front"


def gateway_domain(text: str, *, sni: bool) -> str:
    """Check a host of a gateway route; with `sni` also the names that Istio gives clusters (``outbound_.80_._.a``)."""
    if not (sni and text.startswith("outbound_")) or len(text.encode("utf-8", "surrogatepass")) > _MAX_HOST:
        return wild_domain(text)
    parts = text.split("_")
    if len(parts) < _OUTBOUND_PARTS:
        return f"{text!r} has the form of a cluster name but fewer than four parts"
    port, host = parts[1].strip("."), parts[3].strip(".")
    if not any("0" <= char <= "9" for char in port) or not any(char.isascii() and char.isalpha() for char in host):
        return f"{text!r} has the form of a cluster name but lacks its port or host"
    return ""


def partial_wildcard(text: str) -> str:
    """Check that a wildcard stands for whole labels."""
    if "*" in text and len(text) > 1 and not text.startswith("*."):
        return f"{text!r} has a wildcard that is not the whole first label"
    return ""


def is_ip(text: str) -> bool:
    """Whether a text is an IPv4 or IPv6 address as Go's ``netip`` reads it; IPv6 may have a zone."""
    address, percent, zone = text.partition("%")
    if percent and (not zone or ":" not in address):
        return False
    if not address.isascii() or "/" in address:
        return False
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


def ip(text: str) -> str:
    """Check an IP address."""
    return "" if is_ip(text) else f"{text!r} is no IP address"


def prefix(text: str) -> str:
    """Check an address block such as 10.0.0.0/8; bits behind the prefix may be set."""
    address, _, bits = text.rpartition("/")
    if "%" not in address and is_ip(address) and _DIGITS.fullmatch(bits):
        version = 6 if ":" in address else 4
        if int(bits) <= _BITS[version]:
            return ""
    return f"{text!r} is no CIDR block"


def subnet(text: str) -> str:
    """Check an address or, with exactly one slash, an address block."""
    return prefix(text) if text.count("/") == 1 else ip(text)


def address_or_block(text: str) -> str:
    """Check an address or, with any slash, an address block."""
    return prefix(text) if "/" in text else ip(text)


def port(number: int) -> str:
    """Check a port number."""
    return "" if 1 <= number <= MAX_PORT else f"port {number} is not between 1 and 65535"


def unix_path(text: str) -> str:
    """Check what follows ``unix://``."""
    if text.startswith("@") or (text.startswith("/") and not text.endswith("/")):
        return ""
    return f"'unix://{text}' names no absolute path of a socket, nor an abstract one (@name)"


def host_and_port(text: str) -> tuple[str, str] | None:
    """Split ``host:port``, an IPv6 host in brackets; None if that is not its form."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        broken = "[" in host or "]" in host
    else:
        broken = any(char in host for char in ":[]")
    return None if not colon or broken or "[" in port or "]" in port else (host, port)


def hosts_overlap(one: str, two: str) -> bool:
    """Whether two hosts can match one name."""
    if not one.startswith("*") and not two.startswith("*"):
        return one == two
    if one.startswith("*") and two.startswith("*"):
        short, long = sorted((one[1:], two[1:]), key=len)
        return long.endswith(short)
    wild, plain = (one, two) if one.startswith("*") else (two, one)
    return plain.endswith(wild[1:])


def host_within(one: str, two: str) -> bool:
    """Whether every name that `one` matches is matched by `two`."""
    if two.startswith("*"):
        return one.endswith(two[1:]) and (not one.startswith("*") or len(one) >= len(two))
    return one == two


def label_name(text: str) -> str:
    """Check the key of a label: an optional prefix and a name."""
    lead, slash, name = text.rpartition("/")
    if slash and (not lead or len(lead) > _MAX_PREFIX or not all(_LABEL.fullmatch(part) for part in lead.split("."))):
        return f"label key {text!r} has a malformed prefix"
    if len(name) > _MAX_LABEL or _LABEL_NAME.fullmatch(name) is None:
        return f"label key {text!r} is no qualified name"
    return ""


def label_value(text: str) -> str:
    """Check the value of a label; Istio sets no limit to its length."""
    return "" if not text or _LABEL_NAME.fullmatch(text) else f"label value {text!r} has characters that labels forbid"
