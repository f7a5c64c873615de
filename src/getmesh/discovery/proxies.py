"""The proxies that connect to istiod: those of pods, and those that need not exist.

Istio: ``pilot/pkg/model/context.go``, ``ads.go``, and the injection templates.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from getmesh.discovery.cluster import DEFAULT_CLUSTER, Cluster
from getmesh.discovery.endpoints import NETWORK, augmented, locality_label, node_name
from getmesh.model.objects import Object, as_list, as_map, as_strings, as_text
from getmesh.model.snapshot import Snapshot

SIDECAR: Final = "sidecar"
ROUTER: Final = "router"
WAYPOINT: Final = "waypoint"
TYPES: Final = (SIDECAR, ROUTER, WAYPOINT)
INTERCEPTION: Final = "sidecar.istio.io/interceptionMode"
_CONTAINER: Final = "istio-proxy"


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy.

    Attributes:
        name: pod name, or any name for a proxy that need not exist.
        namespace: whose configuration it gets.
        type: ``sidecar``, ``router`` or ``waypoint``.
        labels: of the pod, or as stated.
        addresses: of the pod, or as stated.
        node: node that it runs on, ``""`` if unknown.
        cluster: cluster ID.
        pod: None for a proxy that need not exist.
        interception: mode of traffic interception, ``""`` for the mesh's default.
        template: what pods of a workload without pods would be, which names their ports.
    """

    name: str
    namespace: str
    type: str = SIDECAR
    labels: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    node: str = ""
    cluster: str = DEFAULT_CLUSTER
    pod: Object | None = None
    interception: str = ""
    template: Object | None = None

    @property
    def id(self) -> str:
        """``name.namespace``, as istioctl writes it."""
        return f"{self.name}.{self.namespace}"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a proxy is, as far as it changes what it gets.

    Attributes:
        labels: with topology, which selectors of Sidecars and DestinationRules are matched against.
    """

    labels: Mapping[str, str]
    locality: str
    network: str
    node: str
    cluster: str


def proxy_container(pod: Object) -> Mapping[str, Any] | None:
    """Give the proxy's container of a pod, native sidecars included, None if it has none."""
    for key in ("containers", "initContainers"):
        for item in map(as_map, as_list(pod.spec.get(key))):
            if item.get("name") == _CONTAINER:
                return item
    return None


def proxy_of(pod: Object, cluster: str = DEFAULT_CLUSTER) -> Proxy | None:
    """Give the proxy of a pod, None if it runs none."""
    container = proxy_container(pod)
    if container is None:
        return None
    words = [as_text(word) for word in as_list(container.get("args"))]
    alone = len(as_list(pod.spec.get("containers"))) == 1 and not as_list(pod.spec.get("initContainers"))
    # A template that injection completes has no arguments yet; one with nothing but the proxy becomes a gateway.
    kind = words[words.index("proxy") + 1] if "proxy" in words[:-1] else ROUTER if alone else SIDECAR
    addresses = [as_text(as_map(item).get("ip")) for item in as_list(pod.status.get("podIPs"))]
    addresses = addresses or [as_text(pod.status.get("podIP"))]
    return Proxy(
        name=pod.name,
        namespace=pod.namespace,
        type=kind if kind in TYPES else SIDECAR,
        labels={**_stated_labels(container), **pod.labels} if "env" in container else pod.labels,
        addresses=tuple(address for address in addresses if address),
        node=node_name(pod),
        cluster=cluster,
        pod=pod,
        interception=pod.annotations.get(INTERCEPTION, ""),
    )


def _stated_labels(container: Mapping[str, Any]) -> dict[str, str]:
    """Give the labels that a proxy's environment states beside those of its pod."""
    for item in map(as_map, as_list(container.get("env"))):
        if item.get("name") == "ISTIO_METAJSON_LABELS":
            try:
                return dict(as_strings(json.loads(as_text(item.get("value")) or "{}")))
            except ValueError:
                return {}
    return {}


def proxies_of(snapshot: Snapshot, cluster: str = DEFAULT_CLUSTER) -> Iterator[Proxy]:
    """Yield the proxies of a cluster's pods, by namespace and name; failed and finished pods have none."""
    for pod in snapshot.each("Pod"):
        if pod.status.get("phase") not in ("Failed", "Succeeded"):
            proxy = proxy_of(pod, cluster)
            if proxy is not None:
                yield proxy


def site_of(proxy: Proxy, cluster: Cluster) -> Site:
    """Work out where a proxy is: from its pod if istiod knows that, else from what the proxy says of itself."""
    known = cluster.pod(proxy.namespace, proxy.name) if proxy.pod is not None else None
    if known is not None:
        place = cluster.place(known)
        return Site({**proxy.labels, **place.labels}, place.locality, own_network(proxy), proxy.node, proxy.cluster)
    locality = locality_label(proxy.labels)
    labels = augmented(proxy.labels, proxy.cluster, locality, proxy.node, own_network(proxy))
    return Site(labels, locality, own_network(proxy), proxy.node, proxy.cluster)


def own_network(proxy: Proxy) -> str:
    """Give the network that a proxy says it is in, which injection writes into its environment."""
    stated = declared(proxy, "ISTIO_META_NETWORK", "NETWORK")
    return proxy.labels.get(NETWORK, "") if stated is None else stated


def declared(proxy: Proxy, *names: str) -> str | None:
    """Give the first of these variables that the environment of a proxy's container sets, None if it sets none."""
    shape = proxy.pod or proxy.template
    container = proxy_container(shape) if shape is not None else None
    for item in map(as_map, as_list(container.get("env") if container else None)):
        if item.get("name") in names:
            return as_text(item.get("value"))
    return None
