"""Which names are workloads for Kiali, and of what kind: from Pods upwards, then controllers that have no Pods.

Kiali: ``business/workloads.go``. A name belongs to one kind; the loser of a clash does not exist.
"""

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from getmesh.model.kiali_pods import KialiPod, OwnerType, controller_of, controllers_of, references
from getmesh.model.objects import Object

Key: TypeAlias = tuple[str, str]
Table: TypeAlias = dict[Key, OwnerType]

DEPLOYMENT: Final = OwnerType("apps/v1", "Deployment")
REPLICA_SET: Final = OwnerType("apps/v1", "ReplicaSet")
STATEFUL_SET: Final = OwnerType("apps/v1", "StatefulSet")
DAEMON_SET: Final = OwnerType("apps/v1", "DaemonSet")
POD: Final = OwnerType("v1", "Pod")
WORKLOAD_GROUP: Final = OwnerType("networking.istio.io/v1", "WorkloadGroup")

EXCLUDED: Final = frozenset({"Job", "CronJob", "ReplicationController", "DeploymentConfig"})
RANKS: Final[Mapping[str, int]] = {
    "Deployment": 6,
    "DeploymentConfig": 5,
    "ReplicaSet": 4,
    "ReplicationController": 3,
    "StatefulSet": 2,
    "Job": 1,
    "DaemonSet": 0,
    "Pod": -1,
}


def owner_table(
    pods: Iterable[KialiPod],
    groups: Iterable[Object],
    replica_sets: Mapping[Key, Object],
    controllers: Iterable[tuple[OwnerType, Iterable[Object]]],
) -> Table:
    """Give the kind of workload behind every (namespace, name).

    Args:
        pods: Pods, sorted.
        groups: WorkloadGroups.
        replica_sets: ReplicaSets by key, sorted.
        controllers: the other built-in controllers, kind by kind in order of precedence.
    """
    table: Table = {}
    for pod in pods:
        _enter_pod(table, pod.object)
    for group in groups:
        table.setdefault((group.namespace, group.name), WORKLOAD_GROUP)
    for key in [key for key, kind in table.items() if kind == REPLICA_SET and key in replica_sets]:
        for reference in controllers_of(replica_sets[key]):
            if table.get(key) == REPLICA_SET:
                del table[key]
            _enter(table, (key[0], reference.name), reference.type)
    for kind, objects in controllers:
        for obj in objects:
            if kind == REPLICA_SET:
                _enter_replica_set(table, obj)
            else:
                table.setdefault((obj.namespace, obj.name), kind)
    return table


def _enter_pod(table: Table, pod: Object) -> None:
    if not references(pod):
        table.setdefault((pod.namespace, pod.name), POD)
        return
    for reference in controllers_of(pod):
        if reference.type.kind not in EXCLUDED:
            _enter(table, (pod.namespace, reference.name), reference.type)


def _enter_replica_set(table: Table, replica_set: Object) -> None:
    """Enter a custom owner that has no Pods, or the set itself if nothing owns it."""
    owner = controller_of(replica_set)
    if owner is not None:
        if owner.type.kind not in RANKS:
            table.setdefault((replica_set.namespace, owner.name), owner.type)
    elif not references(replica_set):
        table.setdefault((replica_set.namespace, replica_set.name), REPLICA_SET)


def _enter(table: Table, key: Key, kind: OwnerType) -> None:
    """Enter a kind under a name; of two kinds the higher rank stays, of equal ranks the older.

    A WorkloadGroup gives way to an owner that is proven by its Pods, where Kiali keeps a workload without name.
    """
    present = table.get(key)
    if present is None or RANKS.get(kind.kind, 0) > RANKS.get(present.kind, 0) or present == WORKLOAD_GROUP:
        table[key] = kind
