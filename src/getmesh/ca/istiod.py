"""istiod's Deployments: whether they take new roots while they run, and how they are restarted."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from getmesh.ca.secrets import ClusterWriter
from getmesh.ca.workloads import pages
from getmesh.errors import ClusterError

MULTI_ROOT: Final = "ISTIO_MULTIROOT_MESH"
_CONTAINER: Final = "discovery"
_MERGE: Final = "application/strategic-merge-patch+json"


def deployments(port: ClusterWriter, namespace: str) -> list[dict[str, Any]]:
    """Give the Deployments of istiod in a namespace.

    Raises:
        ClusterError: they cannot be read, or there are none.
    """
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    found = list(pages(port, path, {"labelSelector": "app=istiod"}))
    if not found:
        raise ClusterError(f"there is no istiod in {namespace}", hint="Give its namespace with -n.")
    return found


def single_rooted(port: ClusterWriter, namespace: str) -> list[str]:
    """Give the names of istiods that ignore another root until they are restarted.

    Without ``ISTIO_MULTIROOT_MESH=true`` istiod drops the whole update, a new key included.

    Raises:
        ClusterError: they cannot be read.
    """
    return [_name(one) for one in deployments(port, namespace) if _setting(one, MULTI_ROOT).lower() != "true"]


def restart(port: ClusterWriter, namespace: str, now: datetime) -> list[str]:
    """Have every istiod of a namespace replaced by a new one, as ``kubectl rollout restart`` does; give their names.

    Raises:
        ClusterError: one of them cannot be restarted.
    """
    stamp = {"kubectl.kubernetes.io/restartedAt": now.isoformat(timespec="seconds")}
    patch = json.dumps({"spec": {"template": {"metadata": {"annotations": stamp}}}}).encode()
    names = [_name(one) for one in deployments(port, namespace)]
    for name in names:
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
        port.send("PATCH", path, patch, media=_MERGE)
    return names


def _name(deployment: dict[str, Any]) -> str:
    return str((deployment.get("metadata") or {}).get("name") or "")


def _setting(deployment: dict[str, Any], name: str) -> str:
    return next((str(one.get("value") or "") for one in _environment(deployment) if one.get("name") == name), "")


def _environment(deployment: dict[str, Any]) -> Iterator[dict[str, Any]]:
    spec = ((deployment.get("spec") or {}).get("template") or {}).get("spec") or {}
    for container in spec.get("containers") or []:
        if container.get("name") == _CONTAINER:
            yield from container.get("env") or []
