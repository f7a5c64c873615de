"""What an API server is and serves: its version, and the version of each kind that is to be asked for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from getmesh.errors import ClusterError
from getmesh.model.kinds import BY_KEY, Kind
from getmesh.ports.cluster import ClusterRefused
from getmesh.ports.kube import JSON, KubePort

_DISCOVERY: Final = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)
_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Offer:
    """What is served.

    Attributes:
        version: (major, minor) of Kubernetes, None if it does not tell.
        served: by (group, plural): the versions, with the kind; None if the API does not list its resources.
        groups: versions by group.
    """

    version: tuple[int, int] | None
    groups: Mapping[str, tuple[str, ...]]
    served: Mapping[tuple[str, str], Mapping[str, str]] | None = field(default=None)

    def version_of(self, kind: Kind) -> str | None:
        """Give the newest served version that we read, None if the kind is not served."""
        if not kind.group:
            return kind.versions[0]
        if self.served is None:
            offered: Iterable[str] = self.groups.get(kind.group, ())
        else:
            offered = self.served.get((kind.group, kind.plural), {})
        return next((version for version in kind.versions if version in offered), None)

    def definition(self, plural: str, group: str) -> dict[str, Any]:
        """Give the part of a CustomResourceDefinition's spec that can be told from what is served."""
        versions = (self.served or {}).get((group, plural), {})
        kind = next(iter(versions.values()), "")
        return {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "versions": [{"name": name, "served": True} for name in versions],
        }


def read_offer(port: KubePort) -> Offer:
    """Ask for the version and the resources.

    Raises:
        ClusterRefused: the credential is not accepted.
        ClusterError: it cannot be reached.
    """
    try:
        version = _version(_decoded(port, "/version", JSON))
        found = _decoded(port, "/apis", _DISCOVERY)
    except ClusterRefused as error:
        if error.status == 401:  # noqa: PLR2004 - HTTP: nobody knows this user
            raise
        return Offer(None, {kind.group: kind.versions for kind in BY_KEY.values()})
    if found.get("kind") != "APIGroupDiscoveryList":
        groups = {
            str(group.get("name")): tuple(str(one.get("version")) for one in group.get("versions") or ())
            for group in found.get("groups") or ()
        }
        return Offer(version, groups)
    served: dict[tuple[str, str], dict[str, str]] = {}
    groups = {}
    for group in found.get("items") or ():
        name = str((group.get("metadata") or {}).get("name", ""))
        groups[name] = tuple(str(one.get("version")) for one in group.get("versions") or ())
        for one in group.get("versions") or ():
            for resource in one.get("resources") or ():
                kind = str((resource.get("responseKind") or {}).get("kind", ""))
                served.setdefault((name, str(resource.get("resource"))), {})[str(one.get("version"))] = kind
    return Offer(version, groups, served)


def _decoded(port: KubePort, path: str, accept: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(port.get(path, accept=accept))
    except msgspec.DecodeError as error:
        raise ClusterError(f"{port.server}{path}: the answer is no JSON; is that a Kubernetes API?") from error
    if not isinstance(found, dict):
        raise ClusterError(f"{port.server}{path}: the answer is no object; is that a Kubernetes API?")
    return found


def _version(value: Mapping[str, Any]) -> tuple[int, int] | None:
    numbers = [_DIGITS.match(str(value.get(key, ""))) for key in ("major", "minor")]
    if numbers[0] is None or numbers[1] is None:
        return None
    return int(numbers[0].group()), int(numbers[1].group())
