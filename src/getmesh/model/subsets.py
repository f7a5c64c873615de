"""The subsets that DestinationRules define, by host as istioctl's analyzers tell hosts apart."""

from typing import ClassVar

from getmesh.model.hosts import identity
from getmesh.model.objects import as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot


class Subsets:
    """Subset names by the identity of their rule's host.

    Visibility, workload selectors and wildcard hosts of rules are not understood: a rule defines subsets for exactly
    the host that it names (Istio: ``analyzers/virtualservice/destinationrules.go``).
    """

    READS: ClassVar[frozenset[str]] = frozenset({"DestinationRule"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._domain = snapshot.settings.cluster_domain
        self._defined: set[tuple[tuple[str, str], str]] = set()
        for rule in snapshot.each("DestinationRule"):
            names = as_list(rule.spec.get("subsets"))
            if names:
                host = identity(rule.namespace, as_text(rule.spec.get("host")), self._domain)
                self._defined.update((host, as_text(as_map(subset).get("name"))) for subset in names)

    def defines(self, namespace: str, host: str, subset: str) -> bool:
        """Whether a rule defines the subset of a host that an object of a namespace wrote."""
        return (identity(namespace, host, self._domain), subset) in self._defined
