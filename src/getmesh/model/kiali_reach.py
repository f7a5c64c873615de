"""Which AuthorizationPolicies with rules on HTTP reach a workload.

Kiali: ``business/checkers/ambient/ambient_workload_checker.go``. Only policies of the workload's own namespace
count; a policy with targets reaches the workloads behind the Services that it refers to, and through Gateways nothing.
"""

from typing import ClassVar

from getmesh.model.kiali_ambient import KialiAmbient
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import match_labels, service_targets, speaks_http, target_refs
from getmesh.model.kiali_workload import Workload
from getmesh.model.objects import Object
from getmesh.model.selectors import Labels, matches
from getmesh.model.snapshot import Snapshot


class _Namespace:
    """The policies of one namespace, by what they select."""

    def __init__(self) -> None:
        self.all: list[Object] = []
        self.by_pair: dict[tuple[str, str], list[tuple[Labels, Object]]] = {}
        self.by_service: dict[str, list[Object]] = {}

    def add(self, policy: Object) -> None:
        if target_refs(policy):
            for name in service_targets(policy):
                self.by_service.setdefault(name, []).append(policy)
            return
        wanted = match_labels(policy)
        if not wanted:
            self.all.append(policy)
        for pair in list(wanted.items())[:1]:  # what matches has each pair, so one will do to find it
            self.by_pair.setdefault(pair, []).append((wanted, policy))


class HttpPolicyReach:
    """AuthorizationPolicies with rules on HTTP of managed namespaces, by the workloads that they reach."""

    READS: ClassVar[frozenset[str]] = KialiMembership.READS | KialiAmbient.READS | {"AuthorizationPolicy"}

    def __init__(self, snapshot: Snapshot) -> None:
        membership = snapshot.service(KialiMembership)
        self._ambient = snapshot.service(KialiAmbient)
        self._namespaces: dict[str, _Namespace] = {}
        for policy in membership.objects("AuthorizationPolicy"):
            if membership.managed(policy.namespace) and speaks_http(policy):
                self._namespaces.setdefault(policy.namespace, _Namespace()).add(policy)

    def first(self, workload: Workload) -> Object | None:
        """Give the first such policy, by name, that reaches the workload; None if none does."""
        held = self._namespaces.get(workload.namespace)
        if held is None:
            return None
        found = list(held.all)
        for pair in workload.labels.items():
            found += [policy for wanted, policy in held.by_pair.get(pair, ()) if matches(wanted, workload.labels)]
        if held.by_service:
            for service in self._ambient.services_of(workload):
                found += held.by_service.get(service.name, ())
        return min(found, key=lambda policy: policy.name, default=None)
