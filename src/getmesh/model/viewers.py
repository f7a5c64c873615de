"""From which namespaces Kiali judges an object, without walking namespaces times objects.

Kiali validates once per managed namespace, each time with the configuration that this namespace sees and imports,
and merges the findings. A set of such namespaces is one whole number here, bit *i* for the *i*-th viewer, so that
unions and intersections cost next to nothing; `Viewers.everyone` has all bits.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import ClassVar, Final, TypeAlias

from getmesh.model.kiali_hosts import KialiHost, KialiHosts, wildcards_over, within
from getmesh.model.kiali_membership import ControlPlane, KialiMembership
from getmesh.model.kiali_visibility import KialiVisibility
from getmesh.model.objects import Object, as_list, as_map, as_strings
from getmesh.model.snapshot import Snapshot

ViewerSet: TypeAlias = int
NOBODY: Final[ViewerSet] = 0


def sidecar_labels(sidecar: Object) -> Mapping[str, str]:
    """Give the labels by which a Sidecar selects workloads; empty if it holds for its namespace."""
    return as_strings(as_map(sidecar.spec.get("workloadSelector")).get("labels"))


class _Entry:
    """One egress host ``namespace/name`` of a Sidecar."""

    __slots__ = ("excludes", "name", "namespace")

    def __init__(self, text: str) -> None:
        namespace, _, self.name = text.partition("/")
        self.excludes = namespace.startswith("~")
        self.namespace = (namespace[1:] or "*") if self.excludes else namespace


def _entries(sidecar: Object) -> list[_Entry]:
    return [
        _Entry(text)
        for listener in as_list(sidecar.spec.get("egress"))
        for text in as_list(as_map(listener).get("hosts"))
        if isinstance(text, str) and "/" in text
    ]


class _Imports:
    """Egress hosts by (namespace, name), each with the viewers that include and that exclude it."""

    def __init__(self) -> None:
        self._masks: dict[str, dict[str, tuple[ViewerSet, ViewerSet]]] = {}
        self._wild: set[str] = set()

    def add(self, entry: _Entry, namespace: str, mask: ViewerSet) -> None:
        names = self._masks.setdefault(namespace, {})
        if entry.name.startswith("*."):
            self._wild.add(namespace)
        included, excluded = names.get(entry.name, (NOBODY, NOBODY))
        names[entry.name] = (included, excluded | mask) if entry.excludes else (included | mask, excluded)

    def query(self, host: KialiHost, raw: str, namespaces: Iterable[str]) -> ViewerSet:
        """Give the viewers that import a host from a namespace; `namespaces` are the names entries may use for it."""
        included = excluded = NOBODY
        for namespace in namespaces:
            names = self._masks.get(namespace)
            if not names:
                continue
            for name in _names_for(host, raw, names, wild=namespace in self._wild):
                here = names.get(name)
                if here is not None:
                    included |= here[0]
                    excluded |= here[1]
        return included & ~excluded


def _names_for(host: KialiHost, raw: str, names: Mapping[str, object], *, wild: bool) -> set[str]:
    """Give the names of entries that can import a host; `wild` says whether there are wildcards among them."""
    wanted = {"*", raw}
    if host.full:
        wanted |= {host.text, host.service, f"{host.service}.{host.namespace}"}
        if host.is_wildcard:
            wanted |= {name for name in names if within(name, host.text)}
    if wild:
        wanted.update(wildcards_over(raw))
        if host.full and host.text != raw:
            wanted.update(wildcards_over(host.text))
    return wanted


class Viewers:
    """The managed namespaces, what each sees, and what each imports.

    Kiali: ``business/istio_validations`` (per-namespace passes) and the scoping of configuration by Sidecars.

    Attributes:
        everyone: all viewers.
        names: their names, sorted.
    """

    READS: ClassVar[frozenset[str]] = KialiHosts.READS | KialiVisibility.READS | {"Sidecar"}

    def __init__(self, snapshot: Snapshot) -> None:
        self._membership = snapshot.service(KialiMembership)
        self._hosts = snapshot.service(KialiHosts)
        self._visibility = snapshot.service(KialiVisibility)
        self.names = self._membership.viewers
        self.everyone: ViewerSet = (1 << len(self.names)) - 1
        self._bits = {name: 1 << place for place, name in enumerate(self.names)}
        self._seen: dict[tuple[str, str, str], ViewerSet] = {}
        self._importers: dict[tuple[str, str], ViewerSet] = {}
        self._own = _Imports()
        self._roots: dict[str, tuple[_Imports, ViewerSet]] = {}
        self._unscoped = self._scope()

    def objects(self, kind: str) -> tuple[Object, ...]:
        """Give the objects of a kind that Kiali reads."""
        return self._membership.objects(kind)

    def note(self, part: ViewerSet, whole: ViewerSet) -> str:
        """Give words that narrow a message to some of the viewers, none if all are meant."""
        if part == whole:
            return ""
        first, count = next(self.members(part)), part.bit_count()
        return f", seen from namespace {first!r}" + (f" and {count - 1} more" if count > 1 else "")

    def bit(self, namespace: str) -> ViewerSet:
        """Give the set of one namespace, empty if Kiali does not judge from it."""
        return self._bits.get(namespace, NOBODY)

    def members(self, viewers: ViewerSet) -> Iterator[str]:
        """Yield the names in a set, sorted; for messages, not for judging."""
        while viewers:
            lowest = viewers & -viewers
            yield self.names[lowest.bit_length() - 1]
            viewers ^= lowest

    def where(self, holds: Callable[[ControlPlane], bool]) -> ViewerSet:
        """Give the viewers whose control plane has a property."""
        planes = {id(plane): holds(plane) for plane in self._membership.planes}
        found = NOBODY
        for name, bit in self._bits.items():
            plane = self._membership.control_plane(name)
            if plane is not None and planes[id(plane)]:
                found |= bit
        return found

    @cached_property
    def allow_any(self) -> ViewerSet:
        """The viewers whose mesh lets traffic to unknown hosts pass."""
        return self.where(lambda plane: plane.mesh.allow_any)

    def seen(self, obj: Object) -> ViewerSet:
        """Give the viewers to which an object is exported; empty: Kiali never judges it."""
        key = obj.identity
        found = self._seen.get(key)
        if found is None:
            names = self._visibility.config(obj)
            found = self.everyone if names is None else self._union(names)
            self._seen[key] = found
        return found

    def importers(self, host: str, namespace: str) -> ViewerSet:
        """Give the viewers whose Sidecar, if one limits them, imports a host of an object in a namespace."""
        if self._unscoped == self.everyone:
            return self.everyone
        found = self._importers.get((host, namespace))
        if found is None:
            found = self._importers[host, namespace] = self._unscoped | self._import(host, namespace)
        return found

    def inside(self, obj: Object, hosts: Iterable[str]) -> ViewerSet:
        """Give the viewers that see an object and import at least one of its hosts."""
        seen = self.seen(obj)
        if not seen or self._unscoped == self.everyone:
            return seen
        imported = self._unscoped
        for host in hosts:
            imported |= self.importers(host, obj.namespace)
        return seen & imported

    def _union(self, names: Iterable[str]) -> ViewerSet:
        found = NOBODY
        for name in names:
            found |= self.bit(name)
        return found

    def _scope(self) -> ViewerSet:
        """Index the Sidecars that limit viewers; give the viewers that none limits."""
        first: dict[str, Object] = {}
        for sidecar in self._membership.objects("Sidecar"):
            if not sidecar_labels(sidecar):
                first.setdefault(sidecar.namespace, sidecar)
        unscoped = NOBODY
        fallback: dict[str, ViewerSet] = {}
        for name, bit in self._bits.items():
            own = first.get(name)
            root = self._membership.root(name)
            entries = _entries(own) if own is not None else []
            if self._membership.ambient(name) or (own is not None and not entries):
                unscoped |= bit
            elif own is None:
                fallback[root] = fallback.get(root, NOBODY) | bit
            for entry in entries if not unscoped & bit else ():
                self._own.add(entry, name if entry.namespace == "." else entry.namespace, bit)
        for root, mask in fallback.items():
            entries = _entries(first[root]) if root in first else []
            if not entries:
                unscoped |= mask
                continue
            imports = _Imports()
            for entry in entries:
                imports.add(entry, entry.namespace, mask)
            self._roots[root] = imports, mask
        return unscoped

    def _import(self, raw: str, namespace: str) -> ViewerSet:
        if not raw:
            return NOBODY
        host = self._hosts.imported(raw, namespace)
        target = host.namespace if host.full else namespace
        found = self._own.query(host, raw, ("*", target))
        at_home = self.bit(target)
        for imports, mask in self._roots.values():
            found |= imports.query(host, raw, ("*", target)) & mask & ~at_home
            if mask & at_home:
                found |= imports.query(host, raw, ("*", target, ".")) & at_home
        return found
