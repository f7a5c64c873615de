"""Which hosts Kiali finds: Services by name, ServiceEntries by the end of their hosts."""

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar, Final

from getmesh.model.kiali_hosts import KialiHosts
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_visibility import KialiVisibility
from getmesh.model.objects import Object, as_list
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, Viewers, ViewerSet

_TAIL: Final = 4
"""Hosts are grouped by so many last characters; shorter ones are few and tried one by one."""


class KialiRegistry:
    """Services and ServiceEntries by host.

    Services of hidden namespaces count, ServiceEntries of hidden namespaces do not exist. A ServiceEntry covers
    every host that ends with one of its own, cut at its first star, even inside a label.
    """

    READS: ClassVar[frozenset[str]] = Viewers.READS | {"Service", "ServiceEntry"}

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._hosts = snapshot.service(KialiHosts)
        self._visibility = snapshot.service(KialiVisibility)
        self._viewers = snapshot.service(Viewers)
        self._membership = snapshot.service(KialiMembership)
        self._covered: dict[str, ViewerSet] = {}

    def service(self, name: str, namespace: str) -> Object | None:
        """Give a Service, whoever sees it."""
        return self._services.get((namespace, name))

    def named(self, text: str) -> Object | None:
        """Give the Service that a text names: ``name.ns``, ``name.ns.svc`` or its full name."""
        parts = text.split(".", 2)
        if len(parts) == 1:
            return None
        rest = parts[2] if len(parts) > 2 else "svc"  # noqa: PLR2004 - name, namespace, rest
        if rest != "svc" and not self._hosts.is_full_name(rest):
            return None
        return self._services.get((parts[1], parts[0]))

    def has_service(self, text: str, namespace: str) -> bool:
        """Whether a text names a Service that is exported to a namespace."""
        found = self.named(text)
        return found is not None and self._visibility.service(found, namespace)

    def cover(self, text: str) -> ViewerSet:
        """Give the viewers that see a ServiceEntry which covers a host."""
        found = self._covered.get(text)
        if found is None:
            found = self._covered[text] = self._cover(text)
        return found

    def has_entry(self, text: str, namespace: str) -> bool:
        """Whether a viewer sees a ServiceEntry which covers a host."""
        return bool(self.cover(text) & self._viewers.bit(namespace))

    def _cover(self, text: str) -> ViewerSet:
        found = NOBODY
        for end, mask in self._short_ends.items():
            if text.endswith(end):
                found |= mask
        for length in self._lengths.get(text[-_TAIL:], ()) if len(text) >= _TAIL else ():
            found |= self._ends.get(text[-length:], NOBODY) if length <= len(text) else NOBODY
        return found

    @cached_property
    def _services(self) -> Mapping[tuple[str, str], Object]:
        return {(item.namespace, item.name): item for item in self._snapshot.each("Service")}

    @cached_property
    def _all_ends(self) -> dict[str, ViewerSet]:
        ends: dict[str, ViewerSet] = {}
        for entry in self._membership.objects("ServiceEntry"):
            seen = self._viewers.seen(entry)
            for host in as_list(entry.spec.get("hosts")):
                if isinstance(host, str):
                    end = host.partition("*")[2] if "*" in host else host
                    ends[end] = ends.get(end, NOBODY) | seen
        return ends

    @cached_property
    def _short_ends(self) -> dict[str, ViewerSet]:
        return {end: mask for end, mask in self._all_ends.items() if len(end) < _TAIL}

    @cached_property
    def _ends(self) -> dict[str, ViewerSet]:
        return {end: mask for end, mask in self._all_ends.items() if len(end) >= _TAIL}

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        lengths: dict[str, set[int]] = {}
        for end in self._ends:
            lengths.setdefault(end[-_TAIL:], set()).add(len(end))
        return {tail: sorted(found) for tail, found in lengths.items()}
