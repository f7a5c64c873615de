"""What a change does to every proxy: before and after, in total and by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from getmesh.discovery.assignment import Row
from getmesh.discovery.cost import Costs, Group
from getmesh.discovery.istiod import View
from getmesh.discovery.proxies import Proxy
from getmesh.discovery.simulation import Simulation
from getmesh.discovery.tally import Tally

Identity = tuple[str, str, str]


class Moved(NamedTuple):
    """Names that go or come with a change, and how many endpoint rows do.

    Attributes:
        gone, come: cluster names, sorted.
        rows_gone, rows_come: rows of clusters, those of vanished or new ones included.
    """

    gone: tuple[str, ...]
    come: tuple[str, ...]
    rows_gone: int
    rows_come: int

    @property
    def nothing(self) -> bool:
        """Whether nothing moves."""
        return not (self.gone or self.come or self.rows_gone or self.rows_come)


class Change(NamedTuple):
    """What a change does to one proxy; a proxy that is new or goes has only one side."""

    proxy: Proxy
    before: Tally
    after: Tally
    outbound: Moved
    own: Moved

    @property
    def same(self) -> bool:
        """Whether the proxy is sent the same as before."""
        return self.outbound.nothing and self.own.nothing and self.before == self.after


@dataclass(slots=True)
class Difference:
    """What a change does to a mesh.

    Attributes:
        changes: one for each proxy, by namespace and name.
        before, after: sums over all proxies.
        lost, gained: cluster name to the number of proxies that lose or gain it.
        one_off: bytes that the change itself makes istiod send.
        per_event: bytes that one average Service change makes istiod send, before and after.
    """

    changes: list[Change] = field(default_factory=list)
    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)
    lost: dict[str, int] = field(default_factory=dict)
    gained: dict[str, int] = field(default_factory=dict)
    one_off: int = 0
    per_event: tuple[int, int] = (0, 0)


class _Look(NamedTuple):
    """One proxy on one side: its view, what it shares with others, what it costs."""

    view: View | None
    group: Group
    tally: Tally


_ABSENT = _Look(None, Group({}, Tally(), 0), Tally())


class _Side:
    """One of the two meshes that are compared."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._costs: dict[int, Costs] = {}
        self._hosts: set[str] = set()
        self._event_bytes = 0
        self.proxies: dict[Identity, Proxy] = {
            (proxy.namespace, proxy.name, proxy.cluster): proxy for proxy in simulation.proxies()
        }

    def look(self, identity: Identity) -> _Look:
        """Work out one proxy."""
        proxy = self.proxies.get(identity)
        if proxy is None:
            return _ABSENT
        istiod = self._simulation.istiod_of(proxy)
        costs = self._costs.get(id(istiod))
        if costs is None:
            costs = self._costs[id(istiod)] = Costs(istiod)
            self._hosts.update(istiod.registry.by_host)
        view = istiod.view(proxy)
        group, tally = costs.group(view), costs.of(view)
        self._event_bytes += group.services * (tally.lds + tally.rds)
        return _Look(view, group, tally)

    def per_event(self) -> int:
        """Give the bytes that one average Service change makes istiod send: listeners and routes, to who sees it."""
        return self._event_bytes // len(self._hosts) if self._hosts else 0


def compare(before: Simulation, after: Simulation, *, forced: bool) -> Difference:
    """Compare two meshes proxy by proxy.

    Args:
        before: the mesh as it is.
        after: the mesh as it would be.
        forced: the change makes istiod send everything to everybody, as one of mesh configuration does.
    """
    found = Difference()
    old, new = _Side(before), _Side(after)
    known: dict[tuple[int, int], Moved] = {}
    counts: dict[tuple[int, int], int] = {}
    for identity in sorted({**old.proxies, **new.proxies}):
        was, will = old.look(identity), new.look(identity)
        key = (id(was.group), id(will.group))
        moved = known.get(key)
        if moved is None:
            moved = known[key] = _moved(was.group.rows, will.group.rows)
        counts[key] = counts.get(key, 0) + 1
        own = _moved(_own_rows(was), _own_rows(will))
        proxy = new.proxies.get(identity) or old.proxies[identity]
        change = Change(proxy, was.tally, will.tally, moved, own)
        found.changes.append(change)
        found.before, found.after = found.before.plus(was.tally), found.after.plus(will.tally)
        found.one_off += _pushed(change, forced=forced)
        _count(found.lost, own.gone, 1)
        _count(found.gained, own.come, 1)
    for key, number in counts.items():
        _count(found.lost, known[key].gone, number)
        _count(found.gained, known[key].come, number)
    found.per_event = (old.per_event(), new.per_event())
    return found


def _own_rows(look: _Look) -> dict[str, tuple[Row, ...]]:
    view = look.view
    return {cluster.name: view.rows(cluster) for cluster in view.own} if view else {}


def _moved(before: Mapping[str, tuple[Row, ...]], after: Mapping[str, tuple[Row, ...]]) -> Moved:
    gone = rows_gone = rows_come = 0
    for name, rows in before.items():
        held = after.get(name)
        if held is None:
            gone += 1
            rows_gone += len(rows)
        elif held != rows:
            rows_gone += len(set(rows) - set(held))
            rows_come += len(set(held) - set(rows))
    come = [name for name in after if name not in before]
    rows_come += sum(len(after[name]) for name in come)
    names = sorted(name for name in before if name not in after) if gone else []
    return Moved(tuple(names), tuple(sorted(come)), rows_gone, rows_come)


def _pushed(change: Change, *, forced: bool) -> int:
    """Estimate what the change itself sends to a proxy: everything, or its listeners and routes with what is new."""
    after = change.after
    if forced:
        return after.bytes
    if change.same:
        return 0
    share = len(change.outbound.come) / after.clusters if after.clusters else 0
    return after.lds + after.rds + int(share * (after.cds + after.eds))


def _count(into: dict[str, int], names: Iterable[str], number: int) -> None:
    for name in names:
        into[name] = into.get(name, 0) + number
