"""Workloads that are no Kubernetes Service's own: WorkloadEntries, and pods as ServiceEntries select them.

Istio: ``pilot/pkg/serviceregistry/serviceentry/conversion.go`` and ``controller.go``, ``kube/controller/pod.go``.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from getmesh.discovery.cluster import Cluster, container_ports, is_counted
from getmesh.discovery.endpoints import (
    TLS_MODE,
    Endpoint,
    Health,
    Place,
    augmented,
    condition,
    identity_bytes,
    locality_label,
)
from getmesh.discovery.endpoints import pod_ip as ip_of
from getmesh.discovery.naming import is_address
from getmesh.discovery.networks import Networks
from getmesh.discovery.services import MeshService, Resolution
from getmesh.model.objects import EMPTY, Object, as_list, as_map, as_quoted_number, as_strings, as_text
from getmesh.model.selectors import LabelIndex

UNIX: Final = "unix://"
HEALTH_ANNOTATION: Final = "proxy.istio.io/health-checks-enabled"
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})


class Workload(NamedTuple):
    """A pod or WorkloadEntry as an endpoint to be.

    Attributes:
        address: IP, host name, or ``unix://PATH``.
        ports: numbers by port name.
        place: labels, locality and the rest.
        named: its address is no IP, so only DNS ServiceEntries can use it.
        source: the object.
    """

    address: str
    ports: Mapping[str, int]
    place: Place
    named: bool
    source: Object | None


class Workloads:
    """Every workload that ServiceEntries, or (WorkloadEntries alone) Services select."""

    def __init__(self, entries: Iterable[Workload], pods: Iterable[Workload]) -> None:
        self.entries = list(entries)
        self._all: dict[str, LabelIndex[Workload]] = {}
        self._entries: dict[str, LabelIndex[Workload]] = {}
        self._group([*self.entries, *pods], self._all)
        self._group(self.entries, self._entries)

    def selected(self, namespace: str, selector: Mapping[str, str]) -> list[Workload]:
        """Give the workloads of a namespace that a ServiceEntry's selector picks."""
        index = self._all.get(namespace)
        return index.select(selector) if index else []

    def entries_with(self, namespace: str, selector: Mapping[str, str]) -> list[Workload]:
        """Give the WorkloadEntries of a namespace with these labels."""
        index = self._entries.get(namespace)
        return index.select(selector) if index else []

    def _group(self, members: Iterable[Workload], into: dict[str, LabelIndex[Workload]]) -> None:
        grouped: dict[str, list[tuple[Mapping[str, str], Workload]]] = {}
        for item in members:
            grouped.setdefault(item.place.namespace, []).append((item.place.labels, item))
        into.update({key: LabelIndex(held) for key, held in grouped.items()})


def from_entry(obj: Object, cluster: str, networks: Networks) -> Workload:
    """Convert a WorkloadEntry; labels of its metadata win over those of its spec."""
    labels = {**as_strings(obj.spec.get("labels")), **obj.labels}
    return from_values(obj.spec, labels, obj.namespace, cluster, networks, obj.name)._replace(source=obj)


def from_values(
    spec: Mapping[str, Any],
    labels: Mapping[str, str],
    namespace: str,
    cluster: str,
    networks: Networks,
    name: str,
) -> Workload:
    """Convert the fields of a WorkloadEntry or of an inline endpoint, which telemetry knows by that name."""
    address = as_text(spec.get("address"))
    locality = as_text(spec.get("locality")) or locality_label(labels)
    own = as_text(spec.get("network"))
    network = own or networks.of_address(address, labels, cluster)
    injected = labels[TLS_MODE] == "istio" if TLS_MODE in labels else bool(spec.get("serviceAccount"))
    account = as_text(spec.get("serviceAccount"))
    identity = identity_bytes(labels, name, namespace, cluster)
    marks = augmented(labels, cluster, locality, "", network)
    place = Place(marks, injected, namespace, locality, own, cluster, "", account=account, identity=identity)
    ports = {name: as_quoted_number(number) for name, number in as_map(spec.get("ports")).items()}
    named = address.startswith(UNIX) or (bool(address) and not is_address(address))
    return Workload(address, ports, place, named, None)


def from_pods(cluster: Cluster) -> Iterator[Workload]:
    """Yield the pods that ServiceEntries may select: ready, with an address."""
    for pod in cluster.pods():
        if is_counted(pod) and condition(pod, "Ready"):
            ports: dict[str, int] = {}
            for name, number, protocol in container_ports(pod):
                if name and protocol == "TCP":
                    ports.setdefault(name, number)
            yield Workload(ip_of(pod), ports, cluster.place(pod), False, pod)


def is_healthy(obj: Object) -> bool:
    """Whether a WorkloadEntry counts: without health checks always, with them only when found healthy."""
    if obj.annotations.get(HEALTH_ANNOTATION) not in _TRUE:
        return True
    for item in map(as_map, as_list(obj.status.get("conditions"))):
        if item.get("type") == "Healthy":
            return item.get("status") == "True"
    return False


def entry_endpoints(workload: Workload, ports: Iterable[Mapping[str, Any]]) -> Iterator[Endpoint]:
    """Yield a workload's endpoints for the ports of a ServiceEntry."""
    for port in ports:
        name, number = as_text(port.get("name")), as_quoted_number(port.get("number"))
        if workload.address.startswith(UNIX):
            yield workload.place.endpoint(workload.address, 0, name, Health.HEALTHY, number)
        else:
            target = workload.ports.get(name) or as_quoted_number(port.get("targetPort")) or number
            yield workload.place.endpoint(workload.address, target, name, Health.HEALTHY, number)


def service_endpoints(workload: Workload, service: MeshService) -> Iterator[tuple[int, Endpoint]]:
    """Yield (position of the port, endpoint) of a WorkloadEntry that a Kubernetes Service selects."""
    if service.resolution is not Resolution.CLIENT_SIDE:
        return
    for position, port in enumerate(service.ports):
        number, name, explicit = _service_target(service, position)
        if name:
            mapped = workload.ports.get(name, 0)
            if mapped:
                number = mapped
            elif explicit:
                continue
        yield position, workload.place.endpoint(workload.address, number, port.name, Health.HEALTHY)


def _service_target(service: MeshService, position: int) -> tuple[int, str, bool]:
    """Give (number, name, whether the name was asked for) of the target of a Service port.

    The first port of that name or number is looked at, as istiod does.
    """
    wanted = service.ports[position]
    for index, port in enumerate(service.ports):
        if port.name == wanted.name or port.number == wanted.number:
            target = service.target_ports[index]
            if isinstance(target, str) and target:
                return wanted.number, target, True
            return as_quoted_number(target) or port.number, port.name, False
    return wanted.number, "", False


def inline_endpoints(entry: Object, service: MeshService, cluster: str, networks: Networks) -> Iterator[Endpoint]:
    """Yield the endpoints that a ServiceEntry without selector states, or its host for DNS."""
    ports = [as_map(item) for item in as_list(entry.spec.get("ports"))]
    endpoints = as_list(entry.spec.get("endpoints"))
    if endpoints:
        for item in map(as_map, endpoints):
            labels = as_strings(item.get("labels"))
            workload = from_values(item, labels, entry.namespace, cluster, networks, f"{entry.name}-0")
            yield from entry_endpoints(workload, ports)
    elif service.resolution in (Resolution.DNS, Resolution.DNS_ROUND_ROBIN):
        identity = identity_bytes(EMPTY, entry.name, entry.namespace, cluster)
        place = Place(EMPTY, False, entry.namespace, "", "", cluster, "", identity=identity)
        for port in ports:
            number = as_quoted_number(port.get("number"))
            target = as_quoted_number(port.get("targetPort")) or number
            yield place.endpoint(service.host, target, as_text(port.get("name")), Health.HEALTHY, number)
