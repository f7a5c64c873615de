"""Every service and endpoint that one istiod knows, with who may see which service.

Istio: ``PushContext.initServiceRegistry`` and ``EndpointShards`` of ``pilot/pkg/model``.
"""

from collections.abc import Iterable, Mapping

from getmesh.discovery.cluster import Cluster
from getmesh.discovery.controlplane import ControlPlane
from getmesh.discovery.endpoints import Endpoint
from getmesh.discovery.naming import NOBODY, PRIVATE, PUBLIC, visible
from getmesh.discovery.services import MeshService, Resolution, from_entry
from getmesh.discovery.slices import KubernetesEndpoints
from getmesh.discovery.workloads import (
    Workload,
    Workloads,
    entry_endpoints,
    from_pods,
    inline_endpoints,
    is_healthy,
    service_endpoints,
)
from getmesh.discovery.workloads import from_entry as from_workload_entry
from getmesh.model.objects import Object, as_list, as_map

Key = tuple[str, str]


class Registry:
    """Services by host and namespace, by who sees them, and endpoints by (host, namespace).

    Args:
        plane: the istiod.
        clusters: those that it watches, the one with its configuration first.
        entries: ServiceEntries that it uses.
        workload_entries: WorkloadEntries that it uses.

    Attributes:
        services: oldest first; equal ages by name, then namespace.
        by_host: services by host, then namespace.
        workloads: what ServiceEntries select.
    """

    def __init__(
        self,
        plane: ControlPlane,
        clusters: list[Cluster],
        entries: Iterable[Object],
        workload_entries: Iterable[Object],
    ) -> None:
        self._plane = plane
        self._clusters = clusters
        self.workloads = self._read_workloads(workload_entries)
        self._entry_services: list[tuple[Object, MeshService]] = []
        for obj in entries:
            annotations = clusters[0].namespace_annotations(obj.namespace)
            self._entry_services += [(obj, service) for service in from_entry(obj, annotations)]
        self.services = sorted(self._collected(), key=_age)
        self._exports = {id(service): self._exported_to(service) for service in self.services}
        self.by_host: dict[str, dict[str, MeshService]] = {}
        self._public: list[MeshService] = []
        self._exported: dict[str, list[MeshService]] = {}
        for service in self.services:
            self._index(service)
        self._seen_from: dict[str, list[MeshService]] = {}
        self._shards: dict[Key, dict[str, list[Endpoint]]] = {}
        self._by_key: dict[Key, list[MeshService]] | None = None
        self._entry_endpoints: dict[Key, list[Endpoint]] | None = None
        self._kubernetes = [KubernetesEndpoints(cluster, plane.flags) for cluster in clusters]
        self._owners = {
            (f"{name}.{namespace}.svc.{cluster.domain}", namespace): (namespace, name)
            for cluster, held in zip(clusters, self._kubernetes, strict=True)
            for namespace, name in held.owners()
        }

    def seen_from(self, namespace: str) -> list[MeshService]:
        """Give the services that a namespace sees: those exported to it by name first, then public ones."""
        found = self._seen_from.get(namespace)
        if found is None:
            private = self._exported.get(namespace)
            found = self._seen_from[namespace] = [*private, *self._public] if private else self._public
        return found

    def is_visible(self, service: MeshService, namespace: str) -> bool:
        """Whether a namespace sees a service."""
        return visible(self._exports[id(service)], service.namespace, namespace)

    def exports(self, service: MeshService) -> frozenset[str]:
        """Give who a service is exported to, mesh defaults applied."""
        return self._exports[id(service)]

    def endpoints(self, key: Key, port_name: str) -> list[Endpoint]:
        """Give the endpoints of a (host, namespace) whose port has that name."""
        found = self._shards.get(key)
        if found is None:
            found = self._shards[key] = {}
            for endpoint in self.all_endpoints(key):
                found.setdefault(endpoint.port_name, []).append(endpoint)
        return found.get(port_name, [])

    def all_endpoints(self, key: Key) -> list[Endpoint]:
        """Give every endpoint of a (host, namespace): ServiceEntries' first, then those of Kubernetes."""
        return [*self._of_entries().get(key, ()), *self._of_kubernetes(key)]

    def endpoints_by_number(self, key: Key, number: int) -> list[Endpoint]:
        """Give the endpoints of a port as clusters with inline endpoints take them.

        A ServiceEntry's are found by the number of its port, those of Kubernetes by the name of the port.
        """
        found: list[Endpoint] = []
        for service in self.services_of(key):
            if not any(port.number == number for port in service.ports):
                continue
            names = {port.name: port.number for port in service.ports}
            found = [
                endpoint
                for endpoint in self.all_endpoints(key)
                if (endpoint.entry_port or names.get(endpoint.port_name)) == number
            ]
        return found

    def services_of(self, key: Key) -> list[MeshService]:
        """Give every service of a (host, namespace), oldest first."""
        if self._by_key is None:
            self._by_key = {}
            for service in self.services:
                self._by_key.setdefault(service.key, []).append(service)
        return self._by_key.get(key, [])

    def _read_workloads(self, workload_entries: Iterable[Object]) -> Workloads:
        flags, first = self._plane.flags, self._clusters[0]
        entries = [
            from_workload_entry(obj, first.name, first.networks)
            for obj in workload_entries
            if not flags.entry_health or is_healthy(obj)
        ]
        pods: list[Workload] = []
        if flags.select_pods:
            pods = [item for cluster in self._clusters for item in from_pods(cluster)]
        return Workloads(entries, pods)

    def _collected(self) -> Iterable[MeshService]:
        """Yield Kubernetes Services, one a host (the first cluster defines it), and ServiceEntries' services."""
        held: dict[str, MeshService] = {}
        for cluster in self._clusters:
            for service in cluster.services.values():
                held.setdefault(service.host, service)
        yield from held.values()
        for _, service in self._entry_services:
            yield service

    def _exported_to(self, service: MeshService) -> frozenset[str]:
        declared = service.export_to or self._plane.mesh.service_exports
        if service.kubernetes or declared == {NOBODY}:
            return declared
        cap = self._plane.mesh.entry_visibility(self._clusters[0].labels_of(service.namespace))
        if cap == "NAMESPACE":
            own = {PUBLIC, PRIVATE, service.namespace} & declared
            return frozenset({PRIVATE if own else NOBODY})
        return frozenset({NOBODY}) if cap == "NONE" else declared

    def _index(self, service: MeshService) -> None:
        held = self.by_host.setdefault(service.host, {})
        existing = held.get(service.namespace)
        if existing is None or (service.kubernetes and not existing.kubernetes):
            held[service.namespace] = service
        exported = self._exports[id(service)]
        if PUBLIC in exported:
            self._public.append(service)
        elif NOBODY not in exported:
            for namespace in {service.namespace if entry == PRIVATE else entry for entry in exported}:
                self._exported.setdefault(namespace, []).append(service)

    def _of_entries(self) -> Mapping[Key, list[Endpoint]]:
        if self._entry_endpoints is None:
            self._entry_endpoints = {}
            taken: dict[Key, set[int]] = {}
            for obj, service in sorted(self._entry_services, key=_entry_age):
                ports = taken.setdefault(service.key, set())
                held = self._entry_endpoints.setdefault(service.key, [])
                for endpoint in self._instances(obj, service):
                    if service.resolution is Resolution.DNS_ROUND_ROBIN and endpoint.entry_port in ports:
                        continue
                    held.append(endpoint)
                    ports.add(endpoint.entry_port)
        return self._entry_endpoints

    def _instances(self, obj: Object, service: MeshService) -> Iterable[Endpoint]:
        first = self._clusters[0]
        if service.selector is None:
            yield from inline_endpoints(obj, service, first.name, first.networks)
            return
        ports = [as_map(item) for item in as_list(obj.spec.get("ports"))]
        named = service.resolution in (Resolution.DNS, Resolution.DNS_ROUND_ROBIN)
        for workload in sorted(self.workloads.selected(obj.namespace, service.selector), key=_workload_order):
            if named or not workload.named:
                yield from entry_endpoints(workload, ports)

    def _of_kubernetes(self, key: Key) -> Iterable[Endpoint]:
        owner = self._owners.get(key)
        if owner is None:
            return
        for cluster, held in zip(self._clusters, self._kubernetes, strict=True):
            yield from held.of(owner)
            service = cluster.services.get(owner)
            if service is not None and service.selector and self._plane.flags.select_entries:
                for workload in self.workloads.entries_with(owner[0], service.selector):
                    if not workload.named:
                        yield from (endpoint for _, endpoint in service_endpoints(workload, service))


def _age(service: MeshService) -> tuple[str, str, str]:
    return service.created, service.name, service.namespace


def _entry_age(item: tuple[Object, MeshService]) -> tuple[str, str, str, str]:
    obj, service = item
    return service.created, service.name, service.namespace, obj.name


def _workload_order(workload: Workload) -> tuple[bool, str]:
    source = workload.source
    return source is not None and source.key != "Pod", source.name if source else ""
