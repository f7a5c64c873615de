"""The cluster that a call means: its own flags first, then the environment, as kubectl and istioctl have it."""

import os
from typing import TYPE_CHECKING

from getmesh.distributions.calls import flag_value
from getmesh.errors import UsageError

if TYPE_CHECKING:
    from getmesh.distributions.running import Mesh
    from getmesh.ports.kube import KubeClient


def open_cluster(kubeconfig: str | None, context: str | None, *, seconds: float = 30) -> "KubeClient":
    """Give the cluster.

    Raises:
        UsageError: the network is switched off.
        ClusterError: none is configured.
    """
    if os.environ.get("GETMESH_OFFLINE") == "1":
        raise UsageError("a cluster needs the network, and GETMESH_OFFLINE is set")
    from getmesh.ports.kube import open_kube

    return open_kube(kubeconfig, context, seconds=seconds)


def cluster_of_call(arguments: list[str], *, seconds: float = 30) -> "KubeClient":
    """Give the cluster that a call of istioctl means by its ``--kubeconfig`` and ``--context``.

    Raises:
        UsageError: the network is switched off.
        ClusterError: none is configured.
    """
    kubeconfig = flag_value(arguments, "--kubeconfig", "-c")
    return open_cluster(kubeconfig, flag_value(arguments, "--context"), seconds=seconds)


def mesh_of(kubeconfig: str | None, context: str | None, snapshot: str | None, root: str, *, seconds: float) -> "Mesh":
    """Give what runs in a cluster, or in the snapshot of one.

    Raises:
        UsageError: both are named, or the network is switched off.
        InputError: the snapshot cannot be read.
        ClusterError: the cluster cannot be reached.
    """
    from getmesh.distributions.running import from_pods, look

    if snapshot is None:
        return look(open_cluster(kubeconfig, context, seconds=seconds), root)
    if kubeconfig or context:
        raise UsageError("--snapshot takes the place of a cluster", hint="Leave --kubeconfig and --context out.")
    from getmesh.cli.cluster_input import saved

    reading = saved(snapshot)
    version = reading.kubernetes_version
    gaps = [f"{kind} could not be read: {reason}" for kind, reason in reading.unread.items() if kind == "Pod"]
    if namespaces := reading.partial.get("Pod"):
        gaps.append(f"pods were read in {', '.join(sorted(namespaces))} alone")
    pods = [obj.raw for obj in reading.objects if obj.key == "Pod"]
    return from_pods(f"{version[0]}.{version[1]}" if version else "", pods, tuple(gaps))
