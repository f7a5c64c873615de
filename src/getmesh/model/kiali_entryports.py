"""Ports of ServiceEntries by host and number, and which of them meet in some viewer's eyes.

Kiali: ``business/checkers/serviceentries/multi_match_checker.go``. Hosts are compared as text in lower case, wildcards
too; location, addresses and resolution play no part.
"""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from getmesh.model.objects import Object, as_list, as_map, as_number, as_text
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, Viewers, ViewerSet


class EntryPort(NamedTuple):
    """One port of a ServiceEntry, once for each of its hosts.

    Attributes:
        entry: the ServiceEntry.
        path: of the port.
        protocol: in upper case, ``""`` if absent.
        inside: viewers that see the entry and import one of its hosts.
    """

    entry: Object
    path: Path
    protocol: str
    inside: ViewerSet


class Clash(NamedTuple):
    """Two definitions of one port."""

    port: EntryPort
    other: EntryPort
    host: str
    number: int


class EntryPorts:
    """Groups of equal host and port number."""

    READS: ClassVar[frozenset[str]] = Viewers.READS | {"ServiceEntry"}

    def __init__(self, snapshot: Snapshot) -> None:
        viewers = snapshot.service(Viewers)
        self._groups: dict[tuple[str, int], list[EntryPort]] = {}
        for entry in viewers.objects("ServiceEntry"):
            hosts = [host for host in as_list(entry.spec.get("hosts")) if isinstance(host, str)]
            inside = viewers.inside(entry, hosts)
            for place, item in enumerate(as_list(entry.spec.get("ports"))) if inside else ():
                if item is None:
                    continue
                number = as_number(as_map(item).get("number"))
                protocol = as_text(as_map(item).get("protocol")).upper()
                port = EntryPort(entry, ("spec", "ports", place), protocol, inside)
                for host in hosts:
                    self._groups.setdefault((host.lower(), number), []).append(port)

    def clashes(self, *, conflicting: bool) -> Iterator[Clash]:
        """Yield the ports that meet one of another protocol, or else one of the same; each port once.

        For a viewer that sees any conflict about a port, this port's equal twins do not count.
        """
        known: set[tuple[str, str, Path]] = set()
        for (host, number), ports in self._groups.items():
            for port, other in _clashes(ports, conflicting=conflicting) if len(ports) > 1 else ():
                key = port.entry.namespace, port.entry.name, port.path
                if key not in known:
                    known.add(key)
                    yield Clash(port, other, host, number)


def _clashes(ports: list[EntryPort], *, conflicting: bool) -> Iterator[tuple[EntryPort, EntryPort]]:
    once: dict[str, ViewerSet] = {}
    twice: dict[str, ViewerSet] = {}
    for port in ports:
        before = once.get(port.protocol, NOBODY)
        twice[port.protocol] = twice.get(port.protocol, NOBODY) | (before & port.inside)
        once[port.protocol] = before | port.inside
    for port in ports:
        differing = NOBODY
        for protocol, inside in once.items():
            differing |= inside if protocol != port.protocol else NOBODY
        shared = port.inside & differing if conflicting else port.inside & twice[port.protocol] & ~differing
        if shared:
            others = (item for item in ports if (item.protocol != port.protocol) == conflicting and item is not port)
            yield port, next((item for item in others if item.inside & shared), port)
