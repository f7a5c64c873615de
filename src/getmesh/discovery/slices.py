"""Endpoints of Kubernetes Services: from EndpointSlices, or from pods and Endpoints where slices are missing.

Istio: ``pilot/pkg/serviceregistry/kube/controller/endpointslice.go``, every slice seen again after start.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from getmesh.discovery.cluster import Cluster, target_port
from getmesh.discovery.endpoints import Endpoint, Health, Place, condition, is_terminating, pod_ip
from getmesh.discovery.flags import Flags
from getmesh.discovery.services import MeshService
from getmesh.model.objects import EMPTY, Object, as_list, as_map, as_number, as_text

SERVICE_LABEL: Final = "kubernetes.io/service-name"
_MULTICLUSTER_LABEL: Final = "multicluster.kubernetes.io/service-name"
_DONE: Final = frozenset({"Failed", "Succeeded"})


class _Address(NamedTuple):
    """One address of a slice.

    Attributes:
        target: (namespace, name) of the pod that it must belong to, None if it names none.
        ports: (name, number) of the slice's ports.
    """

    address: str
    target: tuple[str, str] | None
    conditions: Mapping[str, Any]
    ports: tuple[tuple[str, int], ...]


class KubernetesEndpoints:
    """The endpoints of every Kubernetes Service of a cluster."""

    def __init__(self, cluster: Cluster, flags: Flags) -> None:
        self._cluster = cluster
        self._flags = flags
        self._slices: dict[tuple[str, str], list[Object]] = {}
        for obj in cluster.seen("EndpointSlice"):
            name = obj.labels.get(SERVICE_LABEL, "")
            if name and _MULTICLUSTER_LABEL not in obj.labels:
                self._slices.setdefault((obj.namespace, name), []).append(obj)

    def owners(self) -> Iterable[tuple[str, str]]:
        """Give (namespace, name) of every Service that exists or has slices."""
        return {**dict.fromkeys(self._cluster.services), **dict.fromkeys(self._slices)}

    def of(self, key: tuple[str, str]) -> list[Endpoint]:
        """Give the endpoints of a Service, an address and port name once."""
        service = self._cluster.services.get(key)
        found: dict[tuple[str, str], Endpoint] = {}
        for item in self._addresses(key, service):
            place = self._place(item, key[0])
            if place is None:
                continue
            health = self._health(service, item.conditions)
            for name, number in item.ports:
                found.setdefault((item.address, name), place.endpoint(item.address, number, name, health))
        return list(found.values())

    def _addresses(self, key: tuple[str, str], service: MeshService | None) -> Iterator[_Address]:
        slices = self._slices.get(key)
        if slices is not None:
            for obj in slices:
                if obj.raw.get("addressType") != "FQDN":
                    yield from _of_slice(obj)
        elif service is not None:
            yield from self._synthesised(service)

    def _synthesised(self, service: MeshService) -> Iterator[_Address]:
        if service.source.spec.get("type") == "ExternalName":
            return
        if service.selector is None:
            endpoints = self._cluster.snapshot.get("Endpoints", service.namespace, service.name)
            if endpoints is not None:
                yield from _mirrored(endpoints)
            return
        ports = [as_map(item) for item in as_list(service.source.spec.get("ports"))]
        unready = service.source.spec.get("publishNotReadyAddresses") is True
        for pod in self._cluster.pods_with(service.namespace, service.selector):
            addresses = _addresses_of(pod, as_list(service.source.spec.get("ipFamilies")))
            if pod.status.get("phase") in _DONE or not addresses:
                continue
            numbers = ((as_text(port.get("name")), target_port(pod, port)) for port in ports)
            held = tuple((name, number) for name, number in numbers if number is not None)
            serving, terminating = condition(pod, "Ready"), is_terminating(pod)
            ready = unready or (serving and not terminating)
            states = {"ready": ready, "serving": serving, "terminating": terminating}
            for address in addresses:
                yield _Address(address, (pod.namespace, pod.name), states, held)

    def _place(self, item: _Address, namespace: str) -> Place | None:
        if item.target is not None:
            pod = self._cluster.pod(*item.target)
            return self._cluster.place(pod) if pod else None
        return self._cluster.place(self._cluster.pod_at(item.address, namespace), item.address)

    def _health(self, service: MeshService | None, states: Mapping[str, Any]) -> Health:
        if states.get("ready") is not False:
            return Health.HEALTHY
        if service is None:
            return Health.UNHEALTHY
        ending = states.get("terminating") is not False
        if ending and states.get("serving") is not False and self.keeps_draining(service):
            return Health.DRAINING
        return Health.TERMINATING if ending else Health.UNHEALTHY

    def keeps_draining(self, service: MeshService) -> bool:
        """Whether a Service asks for persistent sessions, by cookie or by header."""
        labels = (self._flags.session_label, self._flags.session_header_label)
        return any(label and service.labels.get(label) for label in labels)


def _addresses_of(pod: Object, families: list[Any]) -> list[str]:
    """Give a pod's address of each family that a Service asks for; its first one if the Service does not say."""
    held = [as_text(as_map(item).get("ip")) for item in as_list(pod.status.get("podIPs"))] or [pod_ip(pod)]
    if not families:
        return [address for address in (pod_ip(pod) or held[0],) if address]
    found = (next((ip for ip in held if ip and (":" in ip) == (family == "IPv6")), "") for family in families)
    return [address for address in found if address]


def _of_slice(obj: Object) -> Iterator[_Address]:
    ports = tuple(
        (as_text(port.get("name")), as_number(port.get("port"))) for port in map(as_map, as_list(obj.raw.get("ports")))
    )
    for item in map(as_map, as_list(obj.raw.get("endpoints"))):
        target = as_map(item.get("targetRef"))
        pod = (as_text(target.get("namespace")), as_text(target.get("name"))) if target.get("kind") == "Pod" else None
        for address in as_list(item.get("addresses")):
            yield _Address(as_text(address), pod, as_map(item.get("conditions")), ports)


def _mirrored(obj: Object) -> Iterator[_Address]:
    """Yield the addresses of an Endpoints object as its mirror in slices has them."""
    for subset in map(as_map, as_list(obj.raw.get("subsets"))):
        ports = tuple(
            (as_text(port.get("name")), as_number(port.get("port")))
            for port in map(as_map, as_list(subset.get("ports")))
        )
        for key, states in (("addresses", EMPTY), ("notReadyAddresses", {"ready": False})):
            for item in map(as_map, as_list(subset.get(key))):
                target = as_map(item.get("targetRef"))
                named = (as_text(target.get("namespace")), as_text(target.get("name")))
                pod = named if target.get("kind") == "Pod" else None
                yield _Address(as_text(item.get("ip")), pod, states, ports)
