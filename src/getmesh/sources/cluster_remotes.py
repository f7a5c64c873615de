"""The credentials that istiod has for other clusters, read only when the user asks to follow them."""

from base64 import b64decode
from typing import Final
from urllib.parse import quote

import msgspec

from getmesh.errors import ClusterError
from getmesh.model.kinds import BY_KEY
from getmesh.model.meshconfig import DEFAULT_NAMESPACE
from getmesh.model.meshnetworks import REMOTE_LABEL
from getmesh.ports.kube import KubePort
from getmesh.sources.cluster_lists import Deadline, list_path, read_list

_SECONDS: Final = 30.0


def remote_kubeconfigs(port: KubePort) -> list[tuple[str, bytes]]:
    """Give name and kubeconfig of each cluster that istiod reads, sorted by name.

    Raises:
        ClusterError: the Secrets may not be read, or the cluster cannot be reached.
    """
    deadline, kind = Deadline(_SECONDS), BY_KEY["Secret"]
    selector = {"labelSelector": f"{REMOTE_LABEL}=true"}
    listed = read_list(port, kind, "v1", deadline, namespace=DEFAULT_NAMESPACE, selector=selector, metadata_only=True)
    found: dict[str, bytes] = {}
    for secret in listed:
        path = f"{list_path(kind, 'v1', DEFAULT_NAMESPACE)}/{quote(secret.name, safe='')}"
        try:
            data = msgspec.json.decode(port.get(path, seconds=deadline.left())).get("data") or {}
            found |= {name: b64decode(text) for name, text in data.items()}
        except (msgspec.DecodeError, ValueError) as error:
            raise ClusterError(f"Secret {DEFAULT_NAMESPACE}/{secret.name} cannot be read: {error}") from error
    return sorted(found.items())
