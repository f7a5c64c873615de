"""URLs as Go's ``net/url`` reads them, which is more than any standard allows and less than browsers do."""

import re
from typing import Final, NamedTuple

from getmesh.model.validation.names import is_ip

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LOW_ESCAPE: Final = re.compile(r"%(?!25)[0-7][0-9A-Fa-f]")
_HOST_BAD: Final = frozenset(" #\\^|{}`?/[")
_USER: Final = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_FETCHED: Final = frozenset({"", "file", "http", "https", "oci"})


class Url(NamedTuple):
    """A parsed URL.

    Attributes:
        scheme: in lower case, ``""`` if there is none.
        host: with its port, ``""`` if there is none or the rest is opaque.
        port: text behind the host's last colon.
    """

    scheme: str
    host: str
    port: str


def parse(text: str) -> Url | None:
    """Parse a URL; None if Go would not."""
    body, _, fragment = text.partition("#")
    if _BAD_ESCAPE.search(fragment):
        return None
    return _parse(body, request=False)


def parse_request(text: str) -> Url | None:
    """Parse a URL as an HTTP request has it: absolute, without a fragment."""
    return _parse(text, request=True) if text else None


def _parse(text: str, *, request: bool) -> Url | None:
    if _CONTROL.search(text) or text.startswith(":"):
        return None
    if text == "*":
        return Url("", "", "")
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else ""
    rest = (text[match.end() :] if match else text).partition("?")[0]
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, "", "")
        if request or ":" in rest.partition("/")[0]:
            return None
    host = port = ""
    if rest.startswith("//") and (scheme or not (request or rest.startswith("///"))):
        authority, slash, path = rest[2:].partition("/")
        found = _authority(authority, strict=scheme in ("http", "https"))
        if found is None:
            return None
        (host, port), rest = found, slash + path
    return None if _BAD_ESCAPE.search(rest) else Url(scheme, host, port)


def _authority(text: str, *, strict: bool) -> tuple[str, str] | None:
    """Give host and port; `strict` says whether a host may have no colon of its own, as Go demands of HTTP."""
    user, at, host = text.rpartition("@")
    if at and (_USER.fullmatch(user) is None or _BAD_ESCAPE.search(user)):
        return None
    if host.startswith("["):
        inside, close, after = host[1:].rpartition("]")
        address, percent, zone = inside.partition("%25")
        if not close or (after and not after.startswith(":")) or (percent and not zone):
            return None
        if ":" not in address or "%" in address or not is_ip(address):
            return None
        port = after[1:]
    else:
        name, colon, port = host.rpartition(":")
        bare = name if colon else host
        port = port if colon else ""
        if (strict and ":" in bare) or _HOST_BAD & set(bare) or _BAD_ESCAPE.search(bare) or _LOW_ESCAPE.search(bare):
            return None
    return None if port and not (port.isascii() and port.isdigit()) else (host, port)


def module_url(text: str) -> str:
    """Check the place of a Wasm module as Istio does: what is no URL is tried again behind ``http://``."""
    if not text:
        return "the URL of the module is empty"
    found = parse(text) if parse_request(text) is not None else None
    if parse_request(text) is None:
        again = "http://" + text
        found = parse(again) if parse_request(again) is not None else None
    if found is None:
        return f"{text!r} is no URL"
    return (
        "" if found.scheme in _FETCHED else f"the scheme {found.scheme!r} of {text!r} is none of oci, http, https, file"
    )
