"""Objects of an unknown kind or version: what was probably meant."""

from typing import Final, NamedTuple

from getmesh.model.kinds import BY_GROUP_KIND, ISTIO_GROUPS, split_api_version
from getmesh.model.objects import Object
from getmesh.model.paths import Path

_VERSION: Final[Path] = ("apiVersion",)
_ISTIO_DOMAIN: Final = "istio.io"
_OWN: Final = frozenset({"VirtualService", "DestinationRule", "ServiceEntry", "WorkloadEntry", "WorkloadGroup",
                         "EnvoyFilter", "PeerAuthentication", "RequestAuthentication", "WasmPlugin"})  # fmt: skip


class WrongType(NamedTuple):
    """Why an object's type is none that anybody reads.

    Attributes:
        path: ``apiVersion`` or ``kind``.
        problem: what is wrong.
        meant: what was probably meant, ``""`` if nothing is near.
    """

    path: Path
    problem: str
    meant: str


def wrong_type(obj: Object) -> WrongType | None:
    """Judge the type of an object that has no known key; None for kinds that are none of our business."""
    if "/" not in obj.key:
        return None
    group, version = split_api_version(obj.api_version)
    if (group, obj.kind) in BY_GROUP_KIND:
        return WrongType(_VERSION, f"version {version!r} of {obj.kind} is not served", _newest(group, obj.kind))
    if group in ISTIO_GROUPS:
        return _in_group(group, obj.kind)
    if group.endswith(_ISTIO_DOMAIN):
        meant = _near(group, sorted(ISTIO_GROUPS))
        return WrongType(_VERSION, f"Istio has no group {group!r}", _newest(meant, obj.kind))
    if obj.kind in _OWN:
        right = next(of for of, kind in BY_GROUP_KIND if kind == obj.kind)
        return WrongType(_VERSION, f"{obj.kind} is no kind of group {group!r}", _newest(right, obj.kind))
    near = _near(group, sorted(ISTIO_GROUPS)) if "." in group else ""
    meant = _newest(near, obj.kind) if near else ""
    return WrongType(_VERSION, f"there is no group {group!r}", meant) if meant else None


def _in_group(group: str, kind: str) -> WrongType:
    elsewhere = [of for of, other in BY_GROUP_KIND if other == kind and of in ISTIO_GROUPS]
    if elsewhere:
        return WrongType(_VERSION, f"kind {kind!r} is not of group {group!r}", _newest(elsewhere[0], kind))
    known = [other for of, other in BY_GROUP_KIND if of == group]
    return WrongType(("kind",), f"group {group!r} has no kind {kind!r}", _near(kind, known))


def _newest(group: str, kind: str) -> str:
    known = BY_GROUP_KIND.get((group, kind))
    return f"{group}/{known.versions[0]}".removeprefix("/") if known else ""


def _near(text: str, known: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only an unknown kind needs it

    found = get_close_matches(text, known, n=1, cutoff=0.75)
    return found[0] if found else ""
