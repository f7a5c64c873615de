"""Reads a live cluster: only what is wanted, only what is allowed, in pages, side by side."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from getmesh.errors import ClusterError
from getmesh.model.kinds import BY_KEY, Kind
from getmesh.model.objects import Object
from getmesh.ports.cluster import ClusterRefused
from getmesh.ports.kube import KubePort
from getmesh.sources.cluster_lists import Deadline, read_list
from getmesh.sources.cluster_named import Named, get_object, read_named
from getmesh.sources.cluster_offer import Offer, read_offer
from getmesh.sources.cluster_rights import Rights, refused_creations, review
from getmesh.sources.locating import Locator
from getmesh.sources.objects import embed
from getmesh.sources.places import Fault

PARALLEL: Final = 6
SECONDS: Final = 120.0
# Kinds that say how the mesh is set up rather than what runs in it: without them Istio's defaults are assumed.
SETTING: Final = frozenset({"ConfigMap", "MutatingWebhookConfiguration", "IstioOperator"})
# Of these only named objects are read.
BY_NAME: Final = frozenset({"ConfigMap", "Secret"})
# Istio's version and the names of its ConfigMaps stand in these, so they are read whatever is wanted.
CONTROL_PLANES: Final = {"labelSelector": "app=istiod"}
# Read whole they are far larger than what is needed of them.
METADATA: Final = frozenset({"CustomResourceDefinition"})
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a cluster.

    Attributes:
        kinds: snapshot keys.
        namespaces: where to look when namespaces may not be listed.
        seconds: until when all has to be read.
        installing: also ask what of an installation the user may not create.
    """

    kinds: frozenset[str] = frozenset(BY_KEY)
    namespaces: tuple[str, ...] = ()
    seconds: float = SECONDS
    installing: bool = False


@dataclass(slots=True)
class ClusterReading:
    """What a cluster holds, as far as it may be seen.

    Attributes:
        objects: without secrets.
        kubernetes_version: (major, minor), None if the API does not tell.
        namespace: where somebody applies who names no namespace: the context's own.
        unread: kinds that could not be read, with the reason.
        partial: kinds that were read in these namespaces only.
        assumed: kinds of the mesh's setting that could not be read, with the reason.
        hidden: identities of named objects that may not be read.
        refused: what of an installation the user may not create, with the API's reason; None if nobody asked or the
            API does not tell.
        warnings: texts inside objects that cannot be decoded.
        locator: gives no places, since there are no files.
        faults: always empty; what cannot be read stands in ``unread``.
        seconds: how long reading took.
    """

    objects: list[Object] = field(default_factory=list)
    kubernetes_version: tuple[int, int] | None = None
    namespace: str = "default"
    unread: dict[str, str] = field(default_factory=dict)
    partial: dict[str, frozenset[str]] = field(default_factory=dict)
    assumed: dict[str, str] = field(default_factory=dict)
    hidden: frozenset[tuple[str, str, str]] = frozenset()
    refused: dict[str, str] | None = None
    warnings: list[Fault] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    locator: Locator = field(default_factory=Locator)
    seconds: float = 0.0


def read_cluster(port: KubePort, wish: Wish) -> ClusterReading:
    """Read what is wanted; what may not be read is reported, never guessed, and asked for once.

    Raises:
        ClusterError: the cluster cannot be reached, does not know the user, or nothing at all could be read for
            another reason than a missing right.
    """
    begun = time.monotonic()
    reading = ClusterReading(namespace=port.namespace)
    deadline = Deadline(wish.seconds)
    offer = read_offer(port)
    reading.kubernetes_version = offer.version
    if wish.installing:
        reading.refused = refused_creations(port)
    always = {"Namespace", "Deployment"}
    kinds = [kind for kind in BY_KEY.values() if kind.key in wish.kinds | always and offer.version_of(kind)]
    listed = [kind for kind in kinds if kind.key not in BY_NAME]
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="cluster") as pool:
        namespaces = _Candidates(port, wish, deadline)
        rights = review(port, kinds, pool, namespaces)
        jobs = _jobs(listed, rights, reading, wish.kinds | {"Namespace"})
        results = [pool.submit(_attempt, partial(_run, port, offer, job, deadline)) for job in jobs]
        try:
            outcomes = [future.result() for future in results]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        _collect(jobs, outcomes, reading)
        named = read_named(port, Named.of(wish.kinds, rights, reading.objects), pool, deadline)
    reading.objects += named.objects
    reading.hidden = named.hidden
    reading.assumed |= named.assumed
    _widen(reading, namespaces.known)
    for obj in reading.objects:
        embed(obj, reading)
    reading.seconds = time.monotonic() - begun
    return reading


@dataclass(frozen=True, slots=True)
class _Job:
    """One list, or one Namespace by name.

    Attributes:
        aside: whether it is of a kind that was not wished for, and of control planes alone.
    """

    kind: Kind
    namespace: str = ""
    aside: bool = False


class _Candidates:
    """The namespaces to try when a kind may not be listed in the whole cluster."""

    def __init__(self, port: KubePort, wish: Wish, deadline: Deadline) -> None:
        self._port, self._wish, self._deadline = port, wish, deadline
        self.known: frozenset[str] | None = None

    def __call__(self, listable: bool) -> list[str]:
        if listable:
            found = read_list(self._port, BY_KEY["Namespace"], "v1", self._deadline, metadata_only=True)
            self.known = frozenset(obj.name for obj in found)
            return sorted(self.known)
        return [*self._wish.namespaces, *self._port.siblings, self._port.namespace]


def _jobs(kinds: Iterable[Kind], rights: Rights, reading: ClusterReading, wished: frozenset[str]) -> list[_Job]:
    jobs = []
    for kind in kinds:
        within = rights.within.get(kind.key)
        aside = kind.key not in wished
        if kind.key in rights.everywhere:
            jobs.append(_Job(kind, aside=aside))
        elif aside:
            jobs += [_Job(kind, namespace, aside) for namespace in sorted(within or ())]
        elif within and kind.key not in SETTING:
            jobs += [_Job(kind, namespace) for namespace in sorted(within)]
            reading.partial[kind.key] = within
        else:
            target = reading.assumed if kind.key in SETTING else reading.unread
            target[kind.key] = f"you may not list {kind.plural}{'.' if kind.group else ''}{kind.group}"
    return jobs


def _run(port: KubePort, offer: Offer, job: _Job, deadline: Deadline) -> list[Object]:
    kind = job.kind
    version = offer.version_of(kind) or kind.versions[0]
    if job.namespace and not kind.namespaced:
        found = get_object(port, kind, "", job.namespace, deadline)
        return [found] if found else []
    whole = kind.key not in METADATA
    selector = CONTROL_PLANES if job.aside else None
    found_all = read_list(
        port, kind, version, deadline, namespace=job.namespace, selector=selector, metadata_only=not whole
    )
    if kind.key == "CustomResourceDefinition":
        return [_defined(obj, offer) for obj in found_all]
    return found_all


def _defined(obj: Object, offer: Offer) -> Object:
    plural, _, group = obj.name.partition(".")
    return Object({**obj.raw, "spec": offer.definition(plural, group)}, obj.origin)


def _attempt(call: Callable[[], list[Object]]) -> list[Object] | ClusterError:
    """Give the objects or why there are none; a credential that is not accepted ends everything."""
    try:
        return call()
    except ClusterRefused as error:
        if error.status == _UNAUTHORIZED:
            raise
        return [] if error.status == _NOT_FOUND else error
    except ClusterError as error:
        return error


def _collect(jobs: list[_Job], outcomes: list[list[Object] | ClusterError], reading: ClusterReading) -> None:
    """Put the objects together, and the failures with their kinds.

    Raises:
        ClusterError: every list failed, and not for want of a right.
    """
    failures = [outcome for outcome in outcomes if isinstance(outcome, ClusterError)]
    if failures and len(failures) == len(outcomes) and not any(map(_forbidden, failures)):
        raise failures[0]
    for job, outcome in zip(jobs, outcomes, strict=True):
        key = job.kind.key
        if isinstance(outcome, list):
            reading.objects += outcome
        elif job.aside:
            continue
        elif job.namespace:
            reading.partial[key] -= {job.namespace}
        else:
            target = reading.assumed if key in SETTING else reading.unread
            target[key] = outcome.message
    for key in [key for key, namespaces in reading.partial.items() if not namespaces]:
        del reading.partial[key]
        reading.unread[key] = f"you may not list {BY_KEY[key].plural} in any namespace that was tried"


def _forbidden(error: ClusterError) -> bool:
    return isinstance(error, ClusterRefused) and error.status == _FORBIDDEN


def _widen(reading: ClusterReading, known: frozenset[str] | None) -> None:
    """Count kinds as whole that were read in each namespace there is."""
    if known is not None:
        reading.partial = {key: found for key, found in reading.partial.items() if not known <= found}
