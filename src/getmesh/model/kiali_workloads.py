"""The list of workloads as Kiali makes it, with labels, Pods and what serves them.

Kiali: ``business/workloads.go``, ``models/workload.go``. Labels are those of pod templates; a controller's own
labels never count. Jobs, CronJobs and ReplicationControllers are no workloads.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

from getmesh.model.kiali_membership import KialiMembership, hidden
from getmesh.model.kiali_owners import (
    DAEMON_SET,
    DEPLOYMENT,
    EXCLUDED,
    POD,
    REPLICA_SET,
    STATEFUL_SET,
    WORKLOAD_GROUP,
    Key,
    owner_table,
)
from getmesh.model.kiali_pods import KialiPod, KialiPods, OwnerType, PodIndex, controller_of
from getmesh.model.kiali_workload import Workload
from getmesh.model.objects import EMPTY, Object, as_map, as_number, as_strings, as_text
from getmesh.model.paths import Path
from getmesh.model.selectors import LabelIndex, matches
from getmesh.model.snapshot import Snapshot

TEMPLATE_LABELS: Final[Path] = ("spec", "template", "metadata", "labels")
OWN_LABELS: Final[Path] = ("metadata", "labels")
GROUP_LABELS: Final[Path] = ("spec", "metadata", "labels")
GATEWAY_NAME: Final = "gateway.networking.k8s.io/gateway-name"
SPIRE: Final = "spiffe.io/spire-managed-identity"


class WorkloadList:
    """Workloads built from chosen Pods and controllers.

    Attributes:
        all: sorted by namespace and name.
        index: by label, in all namespaces together.
    """

    def __init__(self, snapshot: Snapshot, pods: PodIndex, required: str = "") -> None:
        """Take controllers without Pods only if their template has the required label, if one is named."""
        self._pods = pods
        self._required = required
        self._groups = _shown(snapshot, "WorkloadGroup")
        self._entries = _entries(snapshot)
        self._sets = _shown(snapshot, "ReplicaSet")
        self._controllers = {
            DEPLOYMENT: _shown(snapshot, "Deployment"),
            REPLICA_SET: self._sets,
            STATEFUL_SET: _shown(snapshot, "StatefulSet"),
            DAEMON_SET: _shown(snapshot, "DaemonSet"),
        }
        self._bare = {(pod.object.namespace, pod.object.name): pod for pod in pods.all}
        self._set_owners = _set_owners(self._sets)
        self.all = tuple(self._build())
        self.index: LabelIndex[Workload] = LabelIndex((workload.labels, workload) for workload in self.all)
        self._grouped: dict[str, list[Workload]] = {}
        for workload in self.all:
            self._grouped.setdefault(workload.namespace, []).append(workload)
        self._indexes: dict[str, LabelIndex[Workload]] = {}

    def within(self, namespace: str) -> list[Workload]:
        """Give the workloads of a namespace, sorted by name."""
        return self._grouped.get(namespace, [])

    def select(self, namespace: str, selector: Mapping[str, str]) -> list[Workload]:
        """Give the workloads of a namespace that carry every pair of the selector; an empty one gives all."""
        index = self._indexes.get(namespace)
        if index is None:
            members = ((workload.labels, workload) for workload in self.within(namespace))
            index = self._indexes[namespace] = LabelIndex(members)
        return index.select(selector)

    def _build(self) -> list[Workload]:
        controllers = [
            (kind, [obj for obj in objects.values() if not self._required or self._required in _template_labels(obj)])
            for kind, objects in self._controllers.items()
        ]
        table = owner_table(self._pods.all, self._groups.values(), self._sets, controllers)
        found = (self._workload(key, table[key]) for key in sorted(table))
        return [workload for workload in found if workload is not None]

    def _workload(self, key: Key, kind: OwnerType) -> Workload | None:
        objects = self._controllers.get(kind)
        if objects is not None:
            obj = objects.get(key)
            return None if obj is None else self._controlled(obj)
        if kind == WORKLOAD_GROUP:
            group = self._groups.get(key)
            return None if group is None else self._group(group)
        if kind == POD:
            pod = self._bare.get(key)
            return None if pod is None else _bare(pod)
        return None if kind.kind in EXCLUDED else self._custom(key, kind)

    def _controlled(self, obj: Object) -> Workload:
        def select() -> list[KialiPod]:
            return self._pods.select(obj.namespace, _selected_labels(obj))

        return Workload(obj.name, obj.kind, obj, as_map(obj.spec.get("template")), TEMPLATE_LABELS, select)

    def _group(self, group: Object) -> Workload:
        subject = _stand_in(group, group.name, group.api_version, group.annotations)
        made = Workload(group.name, "WorkloadGroup", subject, group.raw, GROUP_LABELS, list)
        wanted = as_strings(as_map(group.spec.get("metadata")).get("labels"))
        entries = self._entries.get(group.namespace, ()) if wanted else ()
        made.labels = next((labels for labels in entries if matches(wanted, labels)), wanted)
        return made

    def _custom(self, key: Key, kind: OwnerType) -> Workload:
        """Make the workload of an owner of an unknown kind from its ReplicaSet with most replicas, or from its Pods."""
        namespace, name = key
        sets = self._set_owners.get((namespace, kind.kind, name), [])
        best = max(sets, key=_replicas, default=None)
        template = as_map(best.spec.get("template")) if best else EMPTY
        pods = [pod for owned in sets for pod in self._of_set(owned)]
        direct = [] if pods else [pod for ref, pod in self._pods.owned(namespace, kind.kind, name) if ref.type == kind]
        evidence = direct[0].object if direct else best or Object({"metadata": {"namespace": namespace}})
        stand_in = _stand_in(evidence, name, kind.api_version, best.annotations if best else EMPTY)
        place = OWN_LABELS if direct else TEMPLATE_LABELS
        made = Workload(name, kind.kind, stand_in, template, place, lambda: pods or direct)
        if direct:
            made.labels = direct[0].object.labels
        return made

    def _of_set(self, replica_set: Object) -> list[KialiPod]:
        """Give the Pods that a ReplicaSet controls: by UID where both sides have one, else by name."""
        own = as_map(replica_set.raw.get("metadata")).get("uid")
        owned = self._pods.owned(replica_set.namespace, "ReplicaSet", replica_set.name)
        return [pod for ref, pod in owned if not own or not ref.uid or ref.uid == own]


class KialiWorkloads(WorkloadList):
    """All workloads of namespaces that are not hidden.

    Attributes:
        judged: those that are judged themselves: none where no control plane manages a namespace to judge from.
    """

    READS: ClassVar[frozenset[str]] = KialiPods.READS | KialiMembership.READS | {
        "DaemonSet", "Deployment", "ReplicaSet", "StatefulSet", "WorkloadEntry", "WorkloadGroup",
    }  # fmt: skip

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot, snapshot.service(KialiPods))
        self.judged = self.all if snapshot.service(KialiMembership).viewers else ()


class KialiWaypoints(WorkloadList):
    """Waypoint proxies: the workloads that Kiali finds when it looks only at what has a gateway's name as label."""

    READS: ClassVar[frozenset[str]] = KialiWorkloads.READS

    def __init__(self, snapshot: Snapshot) -> None:
        pods = [pod for pod in snapshot.service(KialiPods).all if GATEWAY_NAME in pod.object.labels]
        super().__init__(snapshot, PodIndex(pods), GATEWAY_NAME)
        self._by_key = {workload.key: workload for workload in self.all if workload.waypoint}

    def find(self, namespace: str, name: str) -> Workload | None:
        """Give a waypoint by its identity."""
        return self._by_key.get((namespace, name))


def _template_labels(controller: Object) -> Mapping[str, str]:
    return as_strings(as_map(as_map(controller.spec.get("template")).get("metadata")).get("labels"))


def _selected_labels(controller: Object) -> Mapping[str, str]:
    """Give the labels by which Pods count to a controller: the template's, but the selector's under SPIRE."""
    labels = _template_labels(controller)
    if controller.key == "Deployment" and labels.get(SPIRE) == "true":
        return as_strings(as_map(controller.spec.get("selector")).get("matchLabels"))
    return labels


def _bare(pod: KialiPod) -> Workload:
    return Workload(pod.object.name, "Pod", pod.object, pod.object.raw, OWN_LABELS, lambda: [pod])


def _shown(snapshot: Snapshot, kind: str) -> dict[Key, Object]:
    return {(obj.namespace, obj.name): obj for obj in snapshot.each(kind) if not hidden(obj.namespace)}


def _entries(snapshot: Snapshot) -> dict[str, list[Mapping[str, str]]]:
    found: dict[str, list[Mapping[str, str]]] = {}
    for entry in snapshot.each("WorkloadEntry"):
        if not hidden(entry.namespace):
            found.setdefault(entry.namespace, []).append(as_strings(entry.spec.get("labels")))
    return found


def _set_owners(sets: Mapping[Key, Object]) -> dict[tuple[str, str, str], list[Object]]:
    found: dict[tuple[str, str, str], list[Object]] = {}
    for replica_set in sets.values():
        owner = controller_of(replica_set)
        if owner is not None:
            found.setdefault((replica_set.namespace, owner.type.kind, owner.name), []).append(replica_set)
    return found


def _replicas(replica_set: Object) -> int:
    wanted = replica_set.spec.get("replicas")
    return as_number(replica_set.status.get("replicas") if wanted is None else wanted)


def _stand_in(evidence: Object, name: str, api_version: str, annotations: Mapping[str, str]) -> Object:
    """Give an object of kind ``Workload`` with another name, at the place of the one that proves it."""
    known = as_map(evidence.raw.get("metadata"))
    namespace = evidence.namespace or as_text(known.get("namespace"))
    meta = {**known, "name": name, "namespace": namespace, "annotations": annotations}
    raw = {**evidence.raw, "apiVersion": api_version, "kind": "Workload", "metadata": meta}
    return Object(raw, evidence.origin, evidence.notes)
