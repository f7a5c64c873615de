"""A frozen, indexed set of objects: what every rule and the discovery simulation read."""

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from getmesh.model.objects import Object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class KialiSettings:
    """Values of Kiali's configuration that change its verdicts, with Kiali's defaults."""

    ignored_codes: frozenset[str] = frozenset({"KIA1301"})
    skip_wildcard_gateway_hosts: bool = False
    cluster_name: str = "Kubernetes"
    app_label: str = ""
    version_label: str = ""
    gateway_classes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user said about the mesh beyond its objects.

    Attributes:
        istio_version: (major, minor) that judgements are for.
        mode: ``offline`` (files alone), ``cluster`` (live objects), ``overlay`` (files laid over a cluster).
        mesh_config: decoded mesh configuration given by the user; beats whatever the objects hold.
        mesh_networks: the same for mesh networks.
        cluster_domain: DNS suffix of the cluster.
        kubernetes_version: (major, minor) of the cluster, None if unknown.
        now: seconds since the epoch against which certificates are judged.
        unread: kinds that could not be read, by reason: a rule that needs one is not evaluated.
        partial: kinds that could be read in these namespaces only: elsewhere a rule that needs one is not evaluated.
        assumed: kinds of the mesh's own setting that could not be read, by reason: Istio's defaults stand in for them.
        hidden: objects, by identity, that others name and that may not be read: whether they exist is unknown.
        kiali: Kiali's configuration.
        precheck: judge as before an installation or upgrade, or because somebody asked for it: what the cluster must
            offer and what will change is judged too.
        running_minor: minor of the Istio 1.x that is upgraded from, None if unknown.
        refused: resources that the user may not create, each with the API server's reason; None if nobody asked.
        cluster: name of the cluster that the objects are from, empty if nobody needs to tell it from others.
        peers: the other clusters of the mesh by name, in the order in which the user named them, as far as they could
            be read.
    """

    istio_version: tuple[int, int] = (1, 31)
    mode: str = "offline"
    mesh_config: Mapping[str, Any] | None = None
    mesh_networks: Mapping[str, Any] | None = None
    cluster_domain: str = "cluster.local"
    kubernetes_version: tuple[int, int] | None = None
    now: float = 0.0
    unread: Mapping[str, str] = field(default_factory=dict)
    partial: Mapping[str, frozenset[str]] = field(default_factory=dict)
    assumed: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[tuple[str, str, str]] = frozenset()
    kiali: KialiSettings = KialiSettings()
    precheck: bool = False
    running_minor: int | None = None
    refused: Mapping[str, str] | None = None
    cluster: str = ""
    peers: Mapping[str, "Snapshot"] = field(default_factory=dict)


class Service(Protocol):
    """A derived fact, computed once per snapshot and from it alone.

    Attributes:
        READS: every kind that it, or a service that it uses, reads.
    """

    READS: ClassVar[frozenset[str]]

    def __init__(self, snapshot: "Snapshot") -> None: ...


S = TypeVar("S", bound=Service)


class Snapshot:
    """Objects by kind and by name, with derived facts built on first use.

    Objects of one kind come sorted by (namespace, name). Of two objects with one identity the later one counts, as
    if applied. Nothing here changes once built, so a snapshot may be shared by forked workers.
    """

    def __init__(self, objects: Iterable[Object], settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.objects = tuple(objects)
        self.reads: set[str] | None = None
        self.lookups = 0
        self._services: dict[type[Any], Any] = {}
        self._views: dict[str, Snapshot] = {}
        by_identity: dict[str, dict[tuple[str, str], Object]] = {}
        for obj in self.objects:
            by_identity.setdefault(obj.key, {})[obj.namespace, obj.name] = obj
        self._by_identity = by_identity
        self._by_kind: dict[str, tuple[Object, ...]] = {}
        self._by_namespace: dict[str, dict[str, list[Object]]] = {}

    def each(self, kind: str) -> tuple[Object, ...]:
        """Give the objects of a kind (`getmesh.model.kinds` lists the keys), sorted by namespace and name."""
        if self.reads is not None:
            self.reads.add(kind)
        found = self._by_kind.get(kind)
        if found is None:
            held = self._by_identity.get(kind, {})
            found = self._by_kind[kind] = tuple(held[identity] for identity in sorted(held))
        self.lookups += len(found)
        return found

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """Give one object, or None."""
        if self.reads is not None:
            self.reads.add(kind)
        self.lookups += 1
        held = self._by_identity.get(kind)
        return held.get((namespace, name)) if held else None

    def has(self, kind: str, namespace: str, name: str) -> bool:
        """Whether an object of that identity is there."""
        return self.get(kind, namespace, name) is not None

    def within(self, kind: str, namespace: str) -> list[Object]:
        """Give the objects of a kind in one namespace, sorted by name."""
        if self.reads is not None:
            self.reads.add(kind)
        grouped = self._by_namespace.get(kind)
        if grouped is None:
            grouped = self._by_namespace[kind] = {}
            held = self._by_identity.get(kind, {})
            for identity in sorted(held):
                grouped.setdefault(identity[0], []).append(held[identity])
        found = grouped.get(namespace, [])
        self.lookups += len(found) + 1
        return found

    def kinds(self) -> frozenset[str]:
        """Give the keys of all kinds of which there is at least one object."""
        return frozenset(self._by_identity)

    def service(self, cls: type[S]) -> S:
        """Give a derived fact, building it on first use."""
        if self.reads is not None:
            self.reads |= cls.READS
        self.lookups += 1
        built: S | None = self._services.get(cls)
        if built is None:
            watched, self.reads = self.reads, None
            try:
                built = self._services[cls] = cls(self)
            finally:
                self.reads = watched
        return built

    def view(self, name: str, build: "Callable[[Snapshot], Snapshot]") -> "Snapshot":
        """Give a differently filtered or defaulted snapshot of the same objects, built on first use."""
        found = self._views.get(name)
        if found is None:
            watched, self.reads = self.reads, None
            try:
                found = self._views[name] = build(self)
            finally:
                self.reads = watched
        return found

    @contextmanager
    def watching(self) -> "Iterator[set[str]]":
        """Collect the kinds that are read inside the block, services' kinds included."""
        seen: set[str] = set()
        self.reads = seen
        try:
            yield seen
        finally:
            self.reads = None

    def overlay(self, objects: Iterable[Object]) -> "Snapshot":
        """Give a snapshot with these objects applied over it; what they do not touch is shared."""
        return Snapshot((*self.objects, *objects), self.settings)
