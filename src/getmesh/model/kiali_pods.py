"""Pods as Kiali reads them: who owns them, their account, and whether a proxy or ztunnel serves them.

Kiali: ``models/pod.go``, ``business/workloads.go``. Pods of namespaces that Kiali hides are not here.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Final, NamedTuple

from getmesh.model.kiali_membership import hidden
from getmesh.model.objects import Object, as_list, as_map, as_text
from getmesh.model.selectors import LabelIndex
from getmesh.model.snapshot import Snapshot

SIDECAR_STATUS: Final = "sidecar.istio.io/status"
REDIRECTION: Final = "ambient.istio.io/redirection"
PROXY: Final = "istio-proxy"


class OwnerType(NamedTuple):
    """API version and kind of what controls a Pod or a ReplicaSet."""

    api_version: str
    kind: str


class OwnerRef(NamedTuple):
    """A controlling owner reference."""

    type: OwnerType
    name: str
    uid: str


class KialiPod:
    """One Pod with the facts that Kiali judges by.

    Attributes:
        object: the Pod.
        sidecar: whether the injector's status annotation names a proxy container; containers are not looked at.
        redirected: whether ztunnel takes its traffic.
        account: service account name, ``default`` if none is given.
    """

    __slots__ = ("account", "object", "redirected", "sidecar")

    def __init__(self, pod: Object) -> None:
        self.object = pod
        annotations = pod.annotations
        self.sidecar = SIDECAR_STATUS in annotations and names_proxy(annotations[SIDECAR_STATUS])
        self.redirected = annotations.get(REDIRECTION) == "enabled"
        self.account = account_of(pod.spec)


class PodIndex:
    """Pods by namespace and label and by owner.

    Attributes:
        all: as given.
    """

    def __init__(self, pods: Iterable[KialiPod]) -> None:
        self.all = tuple(pods)
        self._grouped: dict[str, list[KialiPod]] = {}
        for pod in self.all:
            self._grouped.setdefault(pod.object.namespace, []).append(pod)
        self._indexes: dict[str, LabelIndex[KialiPod]] = {}
        self._owned: dict[tuple[str, str, str], list[tuple[OwnerRef, KialiPod]]] | None = None

    def within(self, namespace: str) -> list[KialiPod]:
        """Give the Pods of a namespace, sorted by name."""
        return self._grouped.get(namespace, [])

    def select(self, namespace: str, selector: Mapping[str, str]) -> list[KialiPod]:
        """Give the Pods of a namespace that carry every pair of the selector; an empty one gives all."""
        index = self._indexes.get(namespace)
        if index is None:
            members = ((pod.object.labels, pod) for pod in self.within(namespace))
            index = self._indexes[namespace] = LabelIndex(members)
        return index.select(selector)

    def owned(self, namespace: str, kind: str, name: str) -> list[tuple[OwnerRef, KialiPod]]:
        """Give the Pods whose controller has that kind and name, each with its reference."""
        if self._owned is None:
            self._owned = {}
            for pod in self.all:
                reference = controller_of(pod.object)
                if reference is not None:
                    key = (pod.object.namespace, reference.type.kind, reference.name)
                    self._owned.setdefault(key, []).append((reference, pod))
        return self._owned.get((namespace, kind, name), [])


class KialiPods(PodIndex):
    """All Pods of namespaces that are not hidden, sorted by namespace and name."""

    READS: ClassVar[frozenset[str]] = frozenset({"Pod"})

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(KialiPod(pod) for pod in snapshot.each("Pod") if not hidden(pod.namespace))


def references(obj: Object) -> list[Any]:
    """Give the owner references as written."""
    return as_list(as_map(obj.raw.get("metadata")).get("ownerReferences"))


def controllers_of(obj: Object) -> list[OwnerRef]:
    """Give the owner references that say ``controller: true``."""
    found = []
    for item in references(obj):
        reference = as_map(item)
        if reference.get("controller") is True:
            kind = OwnerType(as_text(reference.get("apiVersion")), as_text(reference.get("kind")))
            found.append(OwnerRef(kind, as_text(reference.get("name")), as_text(reference.get("uid"))))
    return found


def controller_of(obj: Object) -> OwnerRef | None:
    """Give the first controlling owner reference."""
    found = controllers_of(obj)
    return found[0] if found else None


def account_of(pod_spec: Mapping[str, Any]) -> str:
    """Give the service account of a pod specification, after the API server's default."""
    return as_text(pod_spec.get("serviceAccountName")) or as_text(pod_spec.get("serviceAccount")) or "default"


@lru_cache(maxsize=1024)
def names_proxy(status: str) -> bool:
    """Whether the injector's status names any container, or ``istio-proxy`` among init containers.

    A status that cannot be read names none.
    """
    try:
        decoded = json.loads(status)
    except ValueError:
        return False
    if not isinstance(decoded, dict):
        return False
    lists = {key.lower(): value for key, value in decoded.items() if isinstance(key, str)}
    proxies, starters = lists.get("containers"), lists.get("initcontainers")
    if not (_names(proxies) and _names(starters)):
        return False
    return bool(proxies) or PROXY in (starters or ())


def _names(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(item is None or isinstance(item, str) for item in value))
