"""Hosts whose endpoints are used within their own cluster only.

Istio: ``pilot/pkg/model/cluster_local.go``.
"""

from collections.abc import Mapping
from typing import Any

from getmesh.model.hosts import SuffixIndex
from getmesh.model.objects import as_list, as_map, as_text


class ClusterLocal:
    """Cluster-local hosts: Kubernetes' own and istiod, and what the mesh's service settings say.

    Args:
        mesh: decoded mesh configuration.
        domain: DNS suffix of the cluster.
    """

    def __init__(self, mesh: Mapping[str, Any], domain: str) -> None:
        address = as_text(as_map(mesh.get("defaultConfig")).get("discoveryAddress")) or "istiod.istio-system.svc:15012"
        istiod = address.rpartition(":")[0] or address
        istiod = istiod if istiod.endswith(domain) else f"{istiod}.{domain}"
        defaults = [f"*.kube-system.svc.{domain}", f"kubernetes.default.svc.{domain}", istiod]
        self._exact: dict[str, bool] = {}
        self._wild: SuffixIndex[bool] = SuffixIndex()
        held: dict[str, bool] = {}
        for item in map(as_map, as_list(mesh.get("serviceSettings"))):
            local = as_map(item.get("settings")).get("clusterLocal") is True
            for host in map(as_text, as_list(item.get("hosts"))):
                held[host] = local
                if not local:
                    defaults = [name for name in defaults if not _overrides(host, name)]
        for host, local in {**held, **dict.fromkeys(defaults, True)}.items():
            if host.startswith("*"):
                self._wild.add(host[1:], local)
            else:
                self._exact[host] = local
        self._memo: dict[str, bool] = {}

    def holds(self, host: str) -> bool:
        """Whether a host is local to its cluster."""
        found = self._memo.get(host)
        if found is None:
            exact = self._exact.get(host)
            found = next((held[-1] for held in self._wild.covering(host)), False) if exact is None else exact
            self._memo[host] = found
        return found


def _overrides(host: str, default: str) -> bool:
    return host == default or (default.startswith("*") and host.endswith(default[1:]))
