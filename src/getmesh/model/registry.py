"""The hosts that istioctl's analyzers know: Kubernetes Services and ServiceEntries, looked up from a namespace."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple, TypeVar

from getmesh.model.hosts import SuffixIndex, complete, is_wild
from getmesh.model.objects import EMPTY, Object, as_list, as_map, as_number, as_quoted_number, as_strings, as_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.visibility import EVERYWHERE, scopes, service_scopes

K = TypeVar("K")


class Record(NamedTuple):
    """One host of the registry.

    Attributes:
        source: the Service or ServiceEntry that defines it.
        ports: port numbers in order of writing; one number with two protocols counts twice.
        labels: what a ServiceEntry's workload selector asks for; none for a Service, whose selector istioctl ignores.
    """

    source: Object
    ports: tuple[int, ...]
    labels: Mapping[str, str]


class _Choice:
    """The records of one key: the first of all, and the first of each namespace."""

    __slots__ = ("_first", "_own")

    def __init__(self, record: Record) -> None:
        self._first = record
        self._own = {record.source.namespace: record}

    def add(self, record: Record) -> None:
        self._own.setdefault(record.source.namespace, record)

    def nearest(self, namespace: str) -> Record:
        """Give the record of the namespace, else the first one."""
        return self._own.get(namespace, self._first)


class Registry:
    """Known hosts by scope and by full name, wildcard entries by suffix.

    A Service beats ServiceEntries of the same scope and host. Among ServiceEntries, where istioctl picks at random,
    the asker's own namespace comes first, then the smallest namespace and name.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Service", "ServiceEntry"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._domain = snapshot.settings.cluster_domain
        self._exact: dict[tuple[str, str], _Choice] = {}
        self._elsewhere: dict[tuple[str, str], frozenset[str]] = {}
        self._wild: SuffixIndex[dict[str, _Choice]] = SuffixIndex()
        self._scopes: dict[str, dict[str, _Choice]] = {}
        for entry in snapshot.each("ServiceEntry"):
            self._add_entry(entry)
        for service in snapshot.each("Service"):
            numbers = tuple(as_number(as_map(port).get("port")) for port in as_list(service.spec.get("ports")))
            host = f"{service.name}.{service.namespace}.svc.{self._domain}"
            visible = service_scopes(service)
            for scope in visible:
                self._exact[scope, host] = _Choice(Record(service, numbers, EMPTY))
            if EVERYWHERE not in visible and service.namespace not in visible:
                self._elsewhere[service.namespace, host] = frozenset(visible) - {"", "~"}

    def _add_entry(self, entry: Object) -> None:
        numbers = tuple(as_quoted_number(as_map(port).get("number")) for port in as_list(entry.spec.get("ports")))
        labels = as_strings(as_map(entry.spec.get("workloadSelector")).get("labels"))
        record = Record(entry, numbers, labels)
        visible = scopes(entry)
        for value in as_list(entry.spec.get("hosts")):
            host = complete(entry.namespace, as_text(value), self._domain)
            for scope in visible:
                _put(self._exact, (scope, host), record)
                if is_wild(host):
                    _put(self._covering(host[1:]), scope, record)

    def _covering(self, rest: str) -> dict[str, _Choice]:
        if rest not in self._scopes:
            self._scopes[rest] = {}
            self._wild.add(rest, self._scopes[rest])
        return self._scopes[rest]

    def resolve(self, namespace: str, export_to: Sequence[str], host: str) -> Record | None:
        """Find what a host means to an object of a namespace with this ``exportTo``, None if nothing.

        Names that everybody sees come first, then private ones of the namespaces in question, then wildcard entries.
        An explicit ``exportTo: ["*"]`` sees no private entry of its own namespace, an absent one does
        (Istio: ``GetDestinationHost`` in ``pkg/config/analysis/analyzers/util``).
        """
        full = complete(namespace, host, self._domain)
        found = self._exact.get((EVERYWHERE, full))
        if found is None:
            for entry in export_to or (namespace,):
                found = self._exact.get((namespace if entry == "." else entry, full))
                if found is not None:
                    break
        if found is not None:
            return found.nearest(namespace)
        for (by_scope,) in self._wild.covering(host.removeprefix("*")):
            found = by_scope.get(namespace) or by_scope.get(EVERYWHERE)
            if found is not None:
                return found.nearest(namespace)
        return None

    def shown_elsewhere(self, namespace: str, export_to: Sequence[str], host: str) -> list[str]:
        """Give the namespaces that see both the asker and a Service beside it which its own namespace does not see."""
        seen = self._elsewhere.get((namespace, complete(namespace, host, self._domain)), frozenset())
        if not seen or not export_to or EVERYWHERE in export_to:
            return sorted(seen)
        return sorted(seen.intersection(namespace if entry == "." else entry for entry in export_to))


def _put(choices: dict[K, _Choice], key: K, record: Record) -> None:
    held = choices.get(key)
    if held is None:
        choices[key] = _Choice(record)
    else:
        held.add(record)
