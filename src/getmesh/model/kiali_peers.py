"""Which viewers' namespaces, and root namespaces, demand or refuse mutual TLS by PeerAuthentication.

Kiali judges DestinationRules by the PeerAuthentications of whoever looks; only those without a selector count.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_mtls import wide_mode
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, Viewers, ViewerSet

_ON: Final = frozenset({"STRICT", "PERMISSIVE"})


class KialiPeers:
    """Sets of viewers by what their PeerAuthentications say.

    Attributes:
        manual: automatic mutual TLS is off.
        on: some policy of the namespace is STRICT or PERMISSIVE.
        strict: the first of these is STRICT.
        off: some policy of the namespace is DISABLE.
        root_on: some policy of the root namespace is STRICT or PERMISSIVE.
        root_strict: some policy of the root namespace is STRICT.
    """

    READS: ClassVar[frozenset[str]] = Viewers.READS | {"PeerAuthentication"}

    def __init__(self, snapshot: Snapshot) -> None:
        self._viewers = snapshot.service(Viewers)
        self._membership = snapshot.service(KialiMembership)
        modes: dict[str, list[str]] = {}
        for policy in self._membership.objects("PeerAuthentication"):
            modes.setdefault(policy.namespace, []).append(wide_mode(policy))
        self._modes: Mapping[str, list[str]] = modes
        self.manual = self._viewers.where(lambda plane: not plane.mesh.auto_mtls)
        self.on = self._own(lambda held: any(mode in _ON for mode in held))
        self.strict = self._own(lambda held: next((mode for mode in held if mode in _ON), "") == "STRICT")
        self.off = self._own(lambda held: "DISABLE" in held)
        self.root_on = self._root(lambda held: any(mode in _ON for mode in held))
        self.root_strict = self._root(lambda held: "STRICT" in held)

    def _own(self, holds: Callable[[list[str]], bool]) -> ViewerSet:
        found = NOBODY
        for namespace, modes in self._modes.items():
            if holds(modes):
                found |= self._viewers.bit(namespace)
        return found

    def _root(self, holds: Callable[[list[str]], bool]) -> ViewerSet:
        return self._viewers.where(lambda plane: holds(self._modes.get(plane.root, [])))
