"""Pods with a proxy in namespaces where istiod does not look."""

from typing import ClassVar

from getmesh.discovery.proxies import proxy_container
from getmesh.discovery.selected import SelectedNamespaces
from getmesh.model.snapshot import Snapshot

_FINISHED = ("Failed", "Succeeded")


class HiddenProxies:
    """How many pods with a proxy each hidden namespace has."""

    READS: ClassVar[frozenset[str]] = SelectedNamespaces.READS | {"Pod"}

    def __init__(self, snapshot: Snapshot) -> None:
        selected = snapshot.service(SelectedNamespaces)
        self._counts: dict[str, int] = {}
        for pod in snapshot.each("Pod") if selected.filtering else ():
            if selected.hides(pod.namespace) and pod.status.get("phase") not in _FINISHED and proxy_container(pod):
                self._counts[pod.namespace] = self._counts.get(pod.namespace, 0) + 1

    def count(self, namespace: str) -> int:
        """Give the number for a namespace, 0 if it is discovered or has none."""
        return self._counts.get(namespace, 0)
