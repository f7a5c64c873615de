"""Which identities exist, as far as workloads prove them.

Kiali: ``business/checkers/authorization/principals_checker.go``. ServiceAccount objects that nothing uses prove no
identity. Kiali knows the accounts of Pods only; where there is no Pod at all, as in a folder of manifests, those that
pod templates name stand in for them.
"""

from bisect import bisect_left
from functools import cached_property
from typing import ClassVar

from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_pods import KialiPods, account_of
from getmesh.model.kiali_workload import Workload
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.objects import as_map
from getmesh.model.snapshot import Snapshot

_NAMESPACE_PART = "/ns/"


class KialiAccounts:
    """Identities ``trust-domain/ns/NAMESPACE/sa/ACCOUNT`` of all workloads, for each trust domain of the mesh.

    Attributes:
        trust_domains: the mesh's own first, then its aliases.
    """

    READS: ClassVar[frozenset[str]] = KialiMembership.READS | KialiWorkloads.READS

    def __init__(self, snapshot: Snapshot) -> None:
        mesh = snapshot.service(KialiMembership).planes[0].mesh
        self.trust_domains = (mesh.trust_domain, *mesh.trust_domain_aliases)
        workloads = snapshot.service(KialiWorkloads).all
        users = {(workload.namespace, account) for workload in workloads for account in workload.accounts}
        if not snapshot.service(KialiPods).all:
            users |= {
                (workload.namespace, account) for workload in workloads for account in _template_account(workload)
            }
        self._names = frozenset(
            f"{domain}/ns/{namespace}/sa/{account}" for domain in self.trust_domains for namespace, account in users
        )
        self._memo: dict[str, bool] = {}

    def has(self, identity: str) -> bool:
        """Whether a workload runs under exactly that identity."""
        return identity in self._names

    def satisfied(self, principal: str) -> bool:
        """Whether a principal of a policy stands for at least one identity.

        As for Istio, a star that begins it, or else one that ends it, means anything; every other one is plain text.
        """
        found = self._memo.get(principal)
        if found is None:
            found = self._memo[principal] = self._satisfied(principal)
        return found

    def foreign(self, principal: str) -> bool:
        """Whether a principal without stars names a trust domain that the mesh does not have."""
        domain, separator, _ = principal.partition(_NAMESPACE_PART)
        return "*" not in principal and bool(separator and domain) and domain not in self.trust_domains

    def _satisfied(self, principal: str) -> bool:
        if principal == "*" or principal in self._names:
            return True
        if principal.startswith("*"):
            return _starts(self._backward, principal[:0:-1])
        return principal.endswith("*") and _starts(self._forward, principal[:-1])

    @cached_property
    def _forward(self) -> list[str]:
        return sorted(self._names)

    @cached_property
    def _backward(self) -> list[str]:
        return sorted(name[::-1] for name in self._names)


def _template_account(workload: Workload) -> tuple[str, ...]:
    template = workload.subject.spec.get("template")
    if workload.kind == "WorkloadGroup" or not isinstance(template, dict):
        return ()
    return (account_of(as_map(template.get("spec"))),)


def _starts(names: list[str], beginning: str) -> bool:
    place = bisect_left(names, beginning)
    return place < len(names) and names[place].startswith(beginning)
