"""istiod's Deployments: whether they and their proxies take new roots while they run, and how they are restarted."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import yaml

from getmesh.ca.secrets import ClusterWriter
from getmesh.ca.workloads import pages
from getmesh.errors import ClusterError

MULTI_ROOT: Final = "ISTIO_MULTIROOT_MESH"
PUSHED_ROOTS: Final = "PROXY_CONFIG_XDS_AGENT"
_MERGE: Final = "application/strategic-merge-patch+json"
_RESTARTED: Final = "kubectl.kubernetes.io/restartedAt"
_TRUE: Final = frozenset({"1", "t", "true"})


class Istiods:
    """The istiods of a namespace, of all revisions.

    Args:
        port: the cluster.
        namespace: theirs.
    """

    def __init__(self, port: ClusterWriter, namespace: str) -> None:
        self._port = port
        self._namespace = namespace
        self._path = f"/apis/apps/v1/namespaces/{namespace}/deployments"

    def names(self) -> list[str]:
        """Give the names of their Deployments.

        Raises:
            ClusterError: they cannot be read, or there are none.
        """
        return [_name(one) for one in self._deployments()]

    def single_rooted(self) -> list[str]:
        """Give the names of those that ignore another root until they are restarted.

        Without ``ISTIO_MULTIROOT_MESH=true`` istiod drops the whole update, a new key included.

        Raises:
            ClusterError: they cannot be read, or there are none.
        """
        return [_name(one) for one in self._deployments() if not _is_true(_setting(one, MULTI_ROOT))]

    def not_restarted_since(self, moment: datetime) -> list[str]:
        """Give the names of those that nobody has asked to restart at or after a moment.

        Raises:
            ClusterError: they cannot be read, or there are none.
        """
        return [_name(one) for one in self._deployments() if not _was_restarted(one, moment)]

    def restart(self, names: list[str], now: datetime) -> None:
        """Have istiods replaced by new ones, as ``kubectl rollout restart`` does; it does not wait for them.

        Raises:
            ClusterError: one of them cannot be restarted.
        """
        stamp = {_RESTARTED: now.isoformat()}
        patch = json.dumps({"spec": {"template": {"metadata": {"annotations": stamp}}}}).encode()
        for name in names:
            self._port.send("PATCH", f"{self._path}/{name}", patch, media=_MERGE)

    def push_roots(self) -> bool:
        """Whether proxies are told of a new root at once, not only at their next renewal.

        Read from the mesh configuration, ``defaultConfig.proxyMetadata``; a proxy may be set otherwise by itself.

        Raises:
            ClusterError: the ConfigMap ``istio`` cannot be read.
        """
        value = json.loads(self._port.get(f"/api/v1/namespaces/{self._namespace}/configmaps/istio"))
        try:
            mesh = yaml.safe_load(str((value.get("data") or {}).get("mesh") or ""))
        except yaml.YAMLError:
            return False
        for key in ("defaultConfig", "proxyMetadata"):
            mesh = mesh.get(key) if isinstance(mesh, dict) else None
        return isinstance(mesh, dict) and _is_true(str(mesh.get(PUSHED_ROOTS, "")))

    def _deployments(self) -> list[dict[str, Any]]:
        found = list(pages(self._port, self._path, {"labelSelector": "app=istiod"}))
        if not found:
            raise ClusterError(f"there is no istiod in {self._namespace}", hint="Give its namespace with -n.")
        return found


def _name(deployment: dict[str, Any]) -> str:
    return str((deployment.get("metadata") or {}).get("name") or "")


def _template(deployment: dict[str, Any]) -> dict[str, Any]:
    return (deployment.get("spec") or {}).get("template") or {}


def _was_restarted(deployment: dict[str, Any], moment: datetime) -> bool:
    stamp = ((_template(deployment).get("metadata") or {}).get("annotations") or {}).get(_RESTARTED, "")
    try:
        return datetime.fromisoformat(str(stamp)) >= moment
    except (ValueError, TypeError):  # no stamp, or one without a time zone: not ours and not kubectl's
        return False


def _is_true(text: str) -> bool:
    return text.strip().lower() in _TRUE


def _setting(deployment: dict[str, Any], name: str) -> str:
    return next((str(one.get("value") or "") for one in _environment(deployment) if one.get("name") == name), "")


def _environment(deployment: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for container in (_template(deployment).get("spec") or {}).get("containers") or []:
        yield from container.get("env") or []
