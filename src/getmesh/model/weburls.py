"""The host of a URL: webhook addresses are judged by it."""

import ipaddress

from getmesh.model.validation.uris import parse


def url_host(text: str) -> str | None:
    """Give the host of a URL without port and brackets, ``""`` if it has none; None if Go reads no URL there."""
    url = parse(text)
    if url is None:
        return None
    return url.host[1:].rpartition("]")[0] if url.host.startswith("[") else url.host.partition(":")[0]


def is_address(host: str) -> bool:
    """Whether a host is an IP address; one with a zone is none."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host
