"""The cluster that a call means: its own flags first, then the environment, as kubectl and istioctl have it."""

import os
from typing import TYPE_CHECKING

from getmesh.distributions.calls import flag_value
from getmesh.errors import UsageError

if TYPE_CHECKING:
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
