"""A node of the rig: it runs no pods, but forwards their ports, as kubelets do, to who stands for them on loopback."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.rig.api import Api
from tests.rig.processes import free_port, started

NODE = "rig"


@contextmanager
def running(api: Api, folder: Path, ports: Mapping[str, int]) -> Iterator[None]:
    """Run the node.

    Args:
        api: the API, which gets a Node.
        folder: for the log.
        ports: ports of loopback by the ``namespace/pod:port`` that they stand for.

    Raises:
        RuntimeError: it is not built.
    """
    port = free_port()
    arguments = [str(port), *(f"{pod}=127.0.0.1:{own}" for pod, own in ports.items())]
    status = {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
    }
    with started("forwarder", arguments, folder):
        api.create([{"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}, "status": status}])
        try:
            yield
        finally:
            api.call("DELETE", f"/api/v1/nodes/{NODE}")


def pod(name: str, namespace: str, container: str, **labels: str) -> dict[str, Any]:
    """Give a running pod of the node."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"nodeName": NODE, "containers": [{"name": container, "image": "x"}]},
        "status": {"phase": "Running"},
    }
