"""DestinationRules as Kiali judges them: whose host, who sees them, and what they say about mutual TLS."""

from typing import ClassVar

from getmesh.model.kiali_hosts import KialiHost, KialiHosts
from getmesh.model.kiali_mtls import MESH_HOST, client_mode
from getmesh.model.objects import Object, as_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers, ViewerSet


class RuleFacts:
    """One DestinationRule that some viewer sees.

    Attributes:
        rule: the DestinationRule.
        raw: its host as written.
        host: the same as Kiali reads it.
        seen: who sees it.
        mode: TLS mode of its top-level traffic policy.
        mesh_wide: whether it is the mesh's default rule, by the very text of its host.
        namespace_wide: whether it is its namespace's default rule, by the very text of its host.
    """

    __slots__ = ("host", "mesh_wide", "mode", "namespace_wide", "raw", "rule", "seen")

    def __init__(self, rule: Object, host: KialiHost, seen: ViewerSet, domain: str) -> None:
        self.rule = rule
        self.raw = as_text(rule.spec.get("host"))
        self.host = host
        self.seen = seen
        self.mode = client_mode(rule)
        self.mesh_wide = self.raw == MESH_HOST
        self.namespace_wide = self.raw == f"*.{rule.namespace}.{domain}"

    @property
    def wide_mutual(self) -> bool:
        """Whether it turns mutual TLS on for the mesh or for its namespace."""
        return self.mode == "ISTIO_MUTUAL" and (self.mesh_wide or self.namespace_wide)


class KialiDestinationRules:
    """Every DestinationRule that Kiali judges.

    Attributes:
        all: sorted by namespace and name.
    """

    READS: ClassVar[frozenset[str]] = Viewers.READS | {"DestinationRule"}

    def __init__(self, snapshot: Snapshot) -> None:
        self._viewers = snapshot.service(Viewers)
        hosts = snapshot.service(KialiHosts)
        self.all = tuple(
            RuleFacts(rule, hosts.resolve(as_text(rule.spec.get("host")), rule.namespace), seen, hosts.domain)
            for rule in self._viewers.objects("DestinationRule")
            if (seen := self._viewers.seen(rule))
        )

    def inside(self, facts: RuleFacts) -> ViewerSet:
        """Give the viewers that see a rule and import its host."""
        return self._viewers.inside(facts.rule, (facts.raw,))
