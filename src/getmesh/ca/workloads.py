"""Which proxies run, and what each of them holds."""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, Protocol

from getmesh.ca.dumps import Held, read_dump
from getmesh.ca.secrets import ClusterWriter
from getmesh.errors import ClusterError, GetmeshError, InputError
from getmesh.ports.cluster import ClusterRefused, Stream
from getmesh.ports.stream_http import page

_PROXIES: Final = frozenset({"istio-proxy"})
_ZTUNNEL: Final = "ztunnel"
_PAGE: Final = "500"
_JOBS: Final = 4
_MASK: Final = "dynamic_active_secrets,dynamic_warming_secrets"
_ADMIN: Final = 15000
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404

Fetch = Callable[["Proxy"], bytes]
"""Gets the dump of a proxy."""


class ClusterReach(ClusterWriter, Protocol):
    """A cluster into whose pods there is a way; ``ports.kube.KubeClient`` has it."""

    def forward(self, namespace: str, pod: str, port: int) -> Stream:
        """Give a connection to a port of a pod."""
        ...


@dataclass(frozen=True, slots=True)
class Proxy:
    """A pod that holds certificates of the mesh."""

    namespace: str
    pod: str
    ztunnel: bool = False

    @property
    def text(self) -> str:
        """``namespace/pod``."""
        return f"{self.namespace}/{self.pod}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a proxy holds, or why that is not known.

    Attributes:
        proxy: ``namespace/pod``, or the file of a dump.
        held: its certificates.
        fault: why there are none, ``""`` if there are.
    """

    proxy: str
    held: tuple[Held, ...] = ()
    fault: str = ""


def list_proxies(port: ClusterWriter, namespaces: Iterable[str] = ()) -> list[Proxy]:
    """Give the running proxies of the cluster, or of some namespaces, sorted.

    Raises:
        ClusterError: pods cannot be listed.
    """
    paths = [f"/api/v1/namespaces/{name}/pods" for name in namespaces] or ["/api/v1/pods"]
    found = [proxy for path in paths for pod in pages(port, path) for proxy in _proxy(pod)]
    return sorted(set(found), key=lambda proxy: proxy.text)


def look(proxies: Iterable[Proxy], fetch: Fetch) -> list[Seen]:
    """Ask each proxy for what it holds, a few at a time; one that does not answer is a fault of its own."""

    def one(proxy: Proxy) -> Seen:
        try:
            held = read_dump(fetch(proxy), proxy.text)
        except GetmeshError as error:
            return Seen(proxy.text, (), error.message)
        if not proxy.ztunnel and not any(item.chain for item in held):
            return Seen(proxy.text, (), "it holds no certificate yet")
        return Seen(proxy.text, tuple(item for item in held if item.chain))

    with ThreadPoolExecutor(_JOBS) as pool:
        return list(pool.map(one, proxies))


def read_files(files: Iterable[tuple[str, bytes]]) -> list[Seen]:
    """Give what dumps in files hold, by the names of the files.

    Raises:
        InputError: a file is no dump.
    """
    return [Seen(name, tuple(item for item in read_dump(text, name) if item.chain)) for name, text in files]


def through_api(port: ClusterReach) -> Fetch:
    """Give a way to proxies through the API server.

    Ports are forwarded, as admin ports listen inside of the pod only; where that is refused, the API's proxy to pods is
    tried, which reaches admin ports that listen on the pod's address.
    """

    def fetch(proxy: Proxy) -> bytes:
        path = "/config_dump" if proxy.ztunnel else f"/config_dump?mask={_MASK}"
        try:
            with closing(reach(port, proxy.namespace, proxy.pod, _ADMIN)) as stream:
                return page(stream, path, proxy.text)
        except ClusterRefused as error:
            if error.status == _NOT_FOUND:
                raise
            refused = error
        try:
            return port.get(f"/api/v1/namespaces/{proxy.namespace}/pods/{proxy.pod}:{_ADMIN}/proxy{path}")
        except ClusterError:
            raise refused from None

    return fetch


def reach(port: ClusterReach, namespace: str, pod: str, number: int) -> Stream:
    """Open a connection to a port of a pod; it has to be closed.

    Raises:
        ClusterRefused: the API refused; where a right is missing the message names it.
        ClusterError: it cannot be reached.
    """
    try:
        return port.forward(namespace, pod, number)
    except ClusterRefused as error:
        if error.status != _FORBIDDEN:
            raise
        needed = f"get and create on pods/portforward are needed in {namespace}"
        raise ClusterRefused(f"you may not reach into it: {needed}", error.status) from error


def either(first: Fetch, second: Fetch) -> Fetch:
    """Give a way that takes the second one where the API refuses the first; if both fail, the first says why."""

    def fetch(proxy: Proxy) -> bytes:
        try:
            return first(proxy)
        except ClusterRefused as error:
            if error.status == _NOT_FOUND:
                raise
            refused = error
        try:
            return second(proxy)
        except GetmeshError:
            raise refused from None

    return fetch


def pages(port: ClusterWriter, path: str, query: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the items of a list, page by page.

    Raises:
        ClusterError: it cannot be read.
    """
    wanted = {"limit": _PAGE, **(query or {})}
    while True:
        try:
            answer = json.loads(port.get(path, wanted))
        except ValueError:
            raise ClusterError(f"{path}: the answer is no list") from None
        yield from answer.get("items") or []
        more = (answer.get("metadata") or {}).get("continue")
        if not more:
            return
        wanted = {**wanted, "continue": more}


def _proxy(pod: dict[str, Any]) -> Iterator[Proxy]:
    metadata, spec = pod.get("metadata") or {}, pod.get("spec") or {}
    if (pod.get("status") or {}).get("phase") not in {"Running", None}:
        return
    namespace, name = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
    containers = {one.get("name") for key in ("containers", "initContainers") for one in spec.get(key) or []}
    if containers & _PROXIES:
        yield Proxy(namespace, name)
    elif (metadata.get("labels") or {}).get("app") == _ZTUNNEL:
        yield Proxy(namespace, name, ztunnel=True)


def pair(text: str) -> tuple[str, str]:
    """Split ``NAME=FILE``; a file alone is its own name.

    Raises:
        InputError: there is no file in it.
    """
    name, _, file = text.rpartition("=")
    if not file:
        raise InputError(f"{text!r} names no file")
    return name or file, file
