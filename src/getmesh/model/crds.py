"""CustomResourceDefinitions: what they define, which versions they serve, and from which bundle they come."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot

BUNDLE_VERSION: Final = "gateway.networking.k8s.io/bundle-version"
GATEWAY_API: Final = "gateway.networking.k8s.io"

_IDENTIFIERS: Final = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION: Final = re.compile(
    rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-(?P<pre>{_IDENTIFIERS}))?(?:\+(?P<build>{_IDENTIFIERS}))?"
)
_LIMIT: Final = 1 << 64


class BundleVersion(NamedTuple):
    """A semantic version.

    Attributes:
        numbers: major, minor, patch; missing ones are 0.
        text: in full, without a leading ``v``.
    """

    numbers: tuple[int, int, int]
    text: str


def bundle_version(text: str) -> BundleVersion | None:
    """Read a version of one to three numbers, perhaps with a pre-release and a build; None if it is none."""
    match = _VERSION.fullmatch(text)
    if match is None or any(len(part) > 20 for part in match.group(1, 2, 3) if part):  # noqa: PLR2004 - 64 bits
        return None
    major, minor, patch = (int(part or 0) for part in match.group(1, 2, 3))
    if max(major, minor, patch) >= _LIMIT or _padded(match["pre"] or ""):
        return None
    pre, build = (sign + part if part else "" for sign, part in (("-", match["pre"]), ("+", match["build"])))
    return BundleVersion((major, minor, patch), f"{major}.{minor}.{patch}{pre}{build}")


def _padded(pre: str) -> bool:
    """Whether a number among the identifiers of a pre-release has leading zeros, which no version may have."""
    return any(len(part) > 1 and part[0] == "0" and part.isdigit() for part in pre.split("."))


def gateway_api_kinds(snapshot: Snapshot) -> Iterator[tuple[Object, str, list[str]]]:
    """Yield each CustomResourceDefinition of the Gateway API with its kind and the versions served, sorted."""
    for definition in snapshot.each("CustomResourceDefinition"):
        if definition.spec.get("group") == GATEWAY_API:
            kind = as_text(as_map(definition.spec.get("names")).get("kind"))
            versions = map(as_map, as_list(definition.spec.get("versions")))
            served = sorted(as_text(version.get("name")) for version in versions if version.get("served") is True)
            yield definition, kind, served
