"""Which hosts the VirtualServices that a namespace sees give a meaning to.

Kiali: ``kubernetes/host.go`` (``HasMatchingVirtualServices``).
"""

from collections.abc import Iterator
from typing import ClassVar

from getmesh.model.kiali_hosts import KialiHost, KialiHosts, wildcards_over
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_visibility import KialiVisibility
from getmesh.model.objects import as_list
from getmesh.model.snapshot import Snapshot


class KialiVirtualHosts:
    """Hosts of all VirtualServices by their text, each with the namespaces that see it."""

    READS: ClassVar[frozenset[str]] = KialiMembership.READS | {"VirtualService"}

    def __init__(self, snapshot: Snapshot) -> None:
        membership = snapshot.service(KialiMembership)
        visibility = snapshot.service(KialiVisibility)
        self._hosts = snapshot.service(KialiHosts)
        self._domain = membership.domain
        self._texts: dict[str, list[tuple[str, frozenset[str] | None]]] = {}
        for route in membership.objects("VirtualService"):
            seen = visibility.config(route)
            for host in as_list(route.spec.get("hosts")):
                if isinstance(host, str):
                    self._texts.setdefault(host, []).append((route.namespace, seen))

    def covers(self, host: KialiHost, namespace: str) -> bool:
        """Whether a VirtualService that the namespace sees names the host, or stands for it by a wildcard."""
        if self._sees(host.service, namespace, host.namespace if host.full else None):
            return True
        return any(self._sees(text, namespace, None) for text in self._names(host))

    def _names(self, host: KialiHost) -> Iterator[str]:
        yield from wildcards_over(host.service)
        if host.full:
            yield f"{host.service}.{host.namespace}"
            yield f"{host.service}.{host.namespace}.{self._domain}"
            yield f"*.{host.namespace}.{self._domain}"

    def _sees(self, text: str, namespace: str, home: str | None) -> bool:
        """Whether some VirtualService with that host, of the home namespace if one is given, is visible."""
        return any(
            (home is None or owner == home) and (seen is None or namespace in seen)
            for owner, seen in self._texts.get(text, ())
        )
