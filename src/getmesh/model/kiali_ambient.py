"""Who is enrolled to a waypoint, and which waypoint serves a workload.

Kiali: ``business/checkers/ambient``, ``business/workloads.go``. Enrolment is a matter of labels alone; a waypoint
must run as a workload, a Gateway object by itself is none.
"""

from collections.abc import Iterator
from typing import ClassVar, Final, TypeAlias

from getmesh.model.kiali_membership import DATAPLANE_LABEL, INJECTION_LABEL, REVISION_LABEL, KialiMembership
from getmesh.model.kiali_pods import KialiPods
from getmesh.model.kiali_policies import match_labels, service_targets, speaks_http, traces_http
from getmesh.model.kiali_workload import Workload
from getmesh.model.kiali_workloads import KialiWaypoints, KialiWorkloads
from getmesh.model.objects import EMPTY, Object, as_strings
from getmesh.model.selectors import Labels, matches
from getmesh.model.snapshot import Snapshot

USE_WAYPOINT: Final = "istio.io/use-waypoint"
USE_WAYPOINT_NAMESPACE: Final = "istio.io/use-waypoint-namespace"
WAYPOINT_FOR: Final = "istio.io/waypoint-for"
INJECT_LABEL: Final = "sidecar.istio.io/inject"

_Selecting: TypeAlias = dict[tuple[str, str], list[tuple[Labels, Object]]]


def enrolled(labels: Labels, namespace_labels: Labels) -> bool:
    """Whether something with these labels uses a waypoint: its own label decides, else its namespace's."""
    value = labels.get(USE_WAYPOINT, namespace_labels.get(USE_WAYPOINT, ""))
    return value not in ("", "none")


class KialiAmbient:
    """Labels of namespaces and workloads, read for ambient."""

    READS: ClassVar[frozenset[str]] = KialiMembership.READS | KialiWorkloads.READS | {"Service"}

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._membership = snapshot.service(KialiMembership)
        self._workloads = snapshot.service(KialiWorkloads)
        pods = snapshot.service(KialiPods).all
        self._redirected = frozenset(pod.object.namespace for pod in pods if pod.redirected)
        self._services: dict[str, _Selecting] = {}
        self._waypoints: dict[tuple[str, str], Workload | None] = {}

    def layer7(self, kind: str) -> Iterator[Object]:
        """Yield the policies of a kind, in ambient namespaces, that only a proxy which reads HTTP can carry out.

        AuthorizationPolicies count in managed namespaces only, the others wherever the namespace is known.
        """
        for policy in self._membership.objects(kind):
            namespace = policy.namespace
            if not self._membership.dataplane_ambient(namespace):
                continue
            if kind == "AuthorizationPolicy" and not (self._membership.managed(namespace) and speaks_http(policy)):
                continue
            if kind != "Telemetry" or traces_http(policy):
                yield policy

    def labelled(self, workload: Workload) -> bool:
        """Whether labels put the workload into ambient: its own, or its namespace's unless it opts out."""
        own = workload.labels.get(DATAPLANE_LABEL)
        return own == "ambient" or (own != "none" and self._membership.dataplane_ambient(workload.namespace))

    def injected(self, workload: Workload) -> bool:
        """Whether labels ask for a sidecar; of the workload's own label only ``enabled`` and ``none`` count."""
        names = self._namespace(workload.namespace)
        own = workload.labels.get(INJECT_LABEL)
        wanted = names.get(INJECTION_LABEL) == "enabled" or bool(names.get(REVISION_LABEL)) or own == "enabled"
        return wanted and names.get(INJECTION_LABEL) != "disabled" and own != "none"

    def redirected(self, workload: Workload) -> bool:
        """Whether ztunnel takes the traffic of any Pod of the workload."""
        return workload.namespace in self._redirected and workload.ambient

    def wants_waypoint(self, workload: Workload) -> bool:
        """Whether the workload is enrolled to a waypoint and does not opt out of ambient."""
        if workload.labels.get(DATAPLANE_LABEL) == "none":
            return False
        return enrolled(workload.labels, self._namespace(workload.namespace))

    def waypoint(self, workload: Workload) -> Workload | None:
        """Give the running waypoint of a workload that ztunnel serves, None if there is none."""
        if workload.key not in self._waypoints:
            self._waypoints[workload.key] = self._waypoint(workload) if self.redirected(workload) else None
        return self._waypoints[workload.key]

    def unenrolled(self, policy: Object) -> bool:
        """Whether what a policy is meant for uses no waypoint.

        Services that it refers to decide; if none of them is there, the workloads that it selects; if none
        matches, its namespace.
        """
        names = self._namespace(policy.namespace)
        services = [
            service
            for name in service_targets(policy)
            if (service := self._snapshot.get("Service", policy.namespace, name)) is not None
        ]
        if services:
            return any(not enrolled(service.labels, names) for service in services)
        wanted = match_labels(policy)
        selected = self._workloads.select(policy.namespace, wanted) if wanted else []
        selected = [workload for workload in selected if not workload.waypoint]
        if not selected:
            return not enrolled(EMPTY, names)
        kept = (workload for workload in selected if workload.labels.get(DATAPLANE_LABEL) != "none")
        return any(not enrolled(workload.labels, names) for workload in kept)

    def services_of(self, workload: Workload) -> list[Object]:
        """Give the Services whose selector the workload's labels satisfy; those without selector select nothing."""
        index = self._selecting(workload.namespace)
        pairs = (index.get(pair, ()) for pair in workload.labels.items())
        return [service for found in pairs for wanted, service in found if matches(wanted, workload.labels)]

    def _namespace(self, namespace: str) -> Labels:
        return self._membership.labels.get(namespace, EMPTY)

    def _selecting(self, namespace: str) -> _Selecting:
        """Give the Services of a namespace by one pair of their selector: what it selects must have that pair."""
        found = self._services.get(namespace)
        if found is None:
            found = self._services[namespace] = {}
            for service in self._snapshot.within("Service", namespace):
                wanted = as_strings(service.spec.get("selector"))
                for pair in list(wanted.items())[:1]:
                    found.setdefault(pair, []).append((wanted, service))
        return found

    def _waypoint(self, workload: Workload) -> Workload | None:
        if workload.labels.get(USE_WAYPOINT) == "none":
            return None
        for labels in self._places(workload):
            name = labels.get(USE_WAYPOINT)
            if name is None:
                continue
            if name == "none":
                return None
            namespace = labels.get(USE_WAYPOINT_NAMESPACE, workload.namespace)
            found = self._snapshot.service(KialiWaypoints).find(namespace, name)
            return None if found is None or found.labels.get(WAYPOINT_FOR) == "none" else found
        return None

    def _places(self, workload: Workload) -> Iterator[Labels]:
        """Yield the labels that may name the waypoint, the most particular first."""
        yield workload.labels if workload.kind == "Pod" else workload.template_labels
        for pod in workload.pods:
            yield pod.object.labels
        services = self.services_of(workload) if workload.labels else []
        if len(services) == 1:
            yield services[0].labels
        yield self._namespace(workload.namespace)
