"""Host names: completion, wildcards, identity, and indexes that find overlapping names without comparing all pairs.

istiod completes a bare name with the namespace of the object that wrote it and leaves every name with a dot alone
(Istio: ``pkg/config/model``'s short-name resolution, as ``pkg/config/analysis`` applies it). Names are compared
exactly, case included.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


def is_wild(host: str) -> bool:
    """Whether a host is a wildcard: it starts with ``*``; a star elsewhere is plain text."""
    return host.startswith("*")


def complete(namespace: str, host: str, domain: str) -> str:
    """Give the full name of a host that an object of a namespace wrote; only bare names change.

    ``reviews`` becomes ``reviews.NAMESPACE.svc.DOMAIN``; ``reviews.shop`` and ``*.example.com`` stay.
    """
    if "." in host or host.startswith("*"):
        return host
    return f"{host}.{namespace}.svc.{domain}"


def identity(namespace: str, host: str, domain: str) -> tuple[str, str]:
    """Give (namespace, name) of the service that a host means to istioctl's subset look-up.

    Only ``NAME.NAMESPACE.svc.DOMAIN`` leaves the namespace of the object that wrote it; anything else is that text
    in the own namespace.
    """
    suffix = f".svc.{domain}"
    if host.endswith(suffix):
        name, dot, where = host[: -len(suffix)].rpartition(".")
        if dot and name and where:
            return where, name
    return namespace, host


def overlap(one: str, other: str) -> bool:
    """Whether some host name is meant by both; ``*.x`` does not cover ``x``."""
    if one.startswith("*"):
        if other.startswith("*"):
            return one.endswith(other[1:]) or other.endswith(one[1:])
        return other.endswith(one[1:])
    return one.endswith(other[1:]) if other.startswith("*") else one == other


class SuffixIndex(Generic[T]):
    """Members under wildcard hosts, asked by the names that they cover.

    A look-up costs one dict access for each distinct length of a wildcard.
    """

    def __init__(self) -> None:
        self._by_length: dict[int, dict[str, list[T]]] = {}
        self._lengths: list[int] | None = None

    def add(self, rest: str, member: T) -> None:
        """Put a member under the text that follows the star of its host."""
        self._by_length.setdefault(len(rest), {}).setdefault(rest, []).append(member)
        self._lengths = None

    def covering(self, text: str) -> Iterator[list[T]]:
        """Yield the members of each wildcard whose rest ends the text, longest wildcard first."""
        if self._lengths is None:
            self._lengths = sorted(self._by_length, reverse=True)
        size = len(text)
        for length in self._lengths:
            if length <= size:
                found = self._by_length[length].get(text[size - length :])
                if found:
                    yield found


class HostIndex(Generic[T]):
    """Members under host names, plain and wild, asked by overlap. Fill it with `add` first, then ask."""

    def __init__(self) -> None:
        self._plain: dict[str, list[T]] = {}
        self._wild: SuffixIndex[T] = SuffixIndex()
        self._ends: list[tuple[str, bool, T]] = []
        self._keys: list[str] | None = None

    def add(self, host: str, member: T) -> None:
        """Put a member under a host."""
        if host.startswith("*"):
            self._wild.add(host[1:], member)
            self._ends.append((host[:0:-1], True, member))
        else:
            self._plain.setdefault(host, []).append(member)
            self._ends.append((host[::-1], False, member))
        self._keys = None

    def overlapping(self, host: str) -> Iterator[T]:
        """Yield the members of every host that overlaps this one, each as often as it was added."""
        if not host.startswith("*"):
            yield from self._plain.get(host, ())
            for members in self._wild.covering(host):
                yield from members
            return
        rest = host[1:]
        for members in self._wild.covering(rest):
            yield from members
        yield from self._ending(rest)

    def any(self, host: str) -> bool:
        """Whether at least one host overlaps this one."""
        return next(self.overlapping(host), None) is not None

    def _ending(self, rest: str) -> Iterator[T]:
        if self._keys is None:
            self._ends.sort(key=_reversed_host)
            self._keys = [key for key, _, _ in self._ends]
        prefix = rest[::-1]
        for place in range(bisect_left(self._keys, prefix), len(self._keys)):
            key, wild, member = self._ends[place]
            if not key.startswith(prefix):
                return
            # A wildcard with this very rest was yielded as covering already.
            if not wild or key != prefix:
                yield member


def _reversed_host(entry: tuple[str, bool, T]) -> str:
    return entry[0]
