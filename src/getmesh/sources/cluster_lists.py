"""One list of the API, page by page."""

import time
from collections.abc import Iterator
from typing import Final

import msgspec

from getmesh.errors import ClusterError
from getmesh.model.kinds import Kind
from getmesh.model.objects import Object
from getmesh.ports.cluster import ClusterRefused
from getmesh.ports.kube import JSON, KubePort
from getmesh.sources.cluster_items import METADATA_ONLY, Item, decode_page, to_object

PAGE: Final = 500
_RESTARTS: Final = 3
_GONE: Final = 410


class Deadline:
    """A point in time until which the whole cluster has to be read."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Give the seconds that are left.

        Raises:
            ClusterError: none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise ClusterError(f"the time for reading the cluster ({self.seconds:.0f} s) is used up")
        return left


def list_path(kind: Kind, version: str, namespace: str = "") -> str:
    """Give the path of a list: of the whole cluster, or of one namespace."""
    root = f"/apis/{kind.group}/{version}" if kind.group else f"/api/{version}"
    return f"{root}/namespaces/{namespace}/{kind.plural}" if namespace else f"{root}/{kind.plural}"


def read_list(
    port: KubePort,
    kind: Kind,
    version: str,
    deadline: Deadline,
    *,
    namespace: str = "",
    selector: dict[str, str] | None = None,
    metadata_only: bool = False,
) -> list[Object]:
    """Give all objects of a list as of one moment; a list that expires in the middle is begun again.

    Raises:
        ClusterRefused: the API refused.
        ClusterError: it cannot be reached, ran out of time, or answered with something else than a list.
    """
    path = list_path(kind, version, namespace)
    accept = METADATA_ONLY if metadata_only else JSON
    for restart in range(_RESTARTS + 1):
        found: list[Object] = []
        try:
            for items in _pages(port, path, accept, selector or {}, deadline):
                found += [to_object(kind, version, item) for item in items]
        except ClusterRefused as error:
            if error.status != _GONE or restart == _RESTARTS:
                raise
        else:
            return found
    raise AssertionError("the last round returns or raises")


def _pages(
    port: KubePort, path: str, accept: str, selector: dict[str, str], deadline: Deadline
) -> Iterator[list[Item]]:
    query = {"limit": str(PAGE), **selector}
    while True:
        data = port.get(path, query, accept=accept, seconds=deadline.left())
        try:
            page = decode_page(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ClusterError(f"{path}: the answer is no list of objects: {error}") from error
        del data
        yield page.items or []
        if not page.metadata.more:
            return
        query["continue"] = page.metadata.more
