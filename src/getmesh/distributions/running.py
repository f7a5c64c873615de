"""Which versions a mesh runs, as far as the user's rights let us see.

A control plane is asked itself (its monitoring port through the API server); where that is refused, the tag of its
image speaks. Proxies are told by what they announced to the control plane, else by their image.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from getmesh.distributions.versions import IstioVersion, parse
from getmesh.errors import ClusterError
from getmesh.ports.cluster import ClusterPort, ClusterRefused

ROOT = "istio-system"
_PAGE = "500"
_FORBIDDEN = 403
_REVISION = "istio.io/rev"
_COMPONENTS = {"discovery": "istiod", "istio-proxy": "proxy", "install-cni": "cni"}
_BUILD_INFO = re.compile(r"(.+)-[0-9a-f]{7,64}-(?:Clean|Modified|unknown)")


class Found(msgspec.Struct, frozen=True, rename="camel"):
    """One running part of the mesh.

    Attributes:
        component: ``istiod``, ``proxy``, ``ztunnel`` or ``cni``.
        version: what it runs.
        pod, namespace: where.
        revision: of the control plane, or the one that the proxy belongs to; ``default`` when none is named.
        source: ``istiod`` (its own answer), ``announced`` (by the proxy) or ``image``.
    """

    component: str
    version: IstioVersion
    pod: str
    namespace: str
    revision: str
    source: str


class Mesh(msgspec.Struct, frozen=True):
    """What was found.

    Attributes:
        kubernetes: version of the API server, such as ``1.33``; empty when it did not say.
        parts: every running part, sorted.
        gaps: what could not be looked at, one sentence each.
    """

    kubernetes: str
    parts: tuple[Found, ...]
    gaps: tuple[str, ...]

    def control_planes(self) -> list[Found]:
        """Give the control planes."""
        return [part for part in self.parts if part.component == "istiod"]

    def data_plane(self) -> list[Found]:
        """Give proxies and ztunnels."""
        return [part for part in self.parts if part.component in {"proxy", "ztunnel"}]


class _Meta(msgspec.Struct, frozen=True):
    name: str = ""
    namespace: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class _Container(msgspec.Struct, frozen=True):
    name: str = ""
    image: str = ""


class _Spec(msgspec.Struct, frozen=True):
    containers: list[_Container] | None = None
    initContainers: list[_Container] | None = None  # noqa: N815 - the name in the API


class _Status(msgspec.Struct, frozen=True):
    phase: str = ""


class _Pod(msgspec.Struct, frozen=True):
    metadata: _Meta
    spec: _Spec
    status: _Status = _Status()


class _ListMeta(msgspec.Struct, frozen=True):
    next: str | None = msgspec.field(name="continue", default=None)


class _Pods(msgspec.Struct, frozen=True):
    items: list[_Pod] | None = None
    metadata: _ListMeta = _ListMeta()


class _Namespace(msgspec.Struct, frozen=True):
    metadata: _Meta


class _Namespaces(msgspec.Struct, frozen=True):
    items: list[_Namespace] | None = None


class _Sync(msgspec.Struct, frozen=True):
    proxy: str = ""
    istio_version: str = ""


class _ServerVersion(msgspec.Struct, frozen=True):
    major: str = ""
    minor: str = ""


def look(cluster: ClusterPort, root: str = ROOT) -> Mesh:
    """Find what runs in all namespaces that may be read.

    Raises:
        ClusterError: the API cannot be reached at all.
    """
    gaps: list[str] = []
    kubernetes = kubernetes_version(cluster)
    parts: list[Found] = []
    for pod in _pods(cluster, root, gaps):
        part = _part(pod)
        if part is not None:
            parts.append(part)
    planes = [_ask(cluster, part) for part in parts if part.component == "istiod"]
    announced: dict[str, str] = {}
    for plane in planes:
        announced |= _announced(cluster, plane)
    others = [_announce(part, announced) for part in parts if part.component != "istiod"]
    return Mesh(kubernetes, tuple(sorted([*planes, *others], key=_order)), tuple(gaps))


def from_pods(kubernetes: str, pods: Iterable[Mapping[str, Any]], gaps: tuple[str, ...]) -> Mesh:
    """Give what a saved cluster ran, by the images of its pods; a pod of another shape is passed over.

    Args:
        kubernetes: version of its API server, such as ``1.33``; empty when unknown.
        pods: decoded objects of kind Pod.
        gaps: what the one who saved it could not see.
    """
    parts = []
    for raw in pods:
        with suppress(msgspec.ValidationError):
            part = _part(msgspec.convert(raw, type=_Pod))
            if part is not None:
                parts.append(part)
    return Mesh(kubernetes, tuple(sorted(parts, key=_order)), gaps)


def control_plane_versions(cluster: ClusterPort, namespace: str) -> list[Found]:
    """Give the control planes of one namespace.

    Raises:
        ClusterError: the API refused or cannot be reached.
    """
    pods = _page_through(cluster, f"/api/v1/namespaces/{namespace}/pods", {"labelSelector": "app=istiod"})
    parts = [part for pod in pods if (part := _part(pod)) is not None and part.component == "istiod"]
    return [_ask(cluster, part) for part in parts]


def kubernetes_version(cluster: ClusterPort) -> str:
    """Give major and minor of the API server, empty if it answers something else.

    Raises:
        ClusterError: it cannot be reached.
    """
    try:
        version = msgspec.json.decode(cluster.get("/version"), type=_ServerVersion)
    except (msgspec.DecodeError, ClusterRefused):
        return ""
    minor = version.minor.rstrip("+")
    return f"{version.major}.{minor}" if version.major.isdigit() and minor.isdigit() else ""


def image_version(image: str) -> str:
    """Give the tag of an image, empty when it is pinned by digest alone."""
    name = image.partition("@")[0]
    return name.rpartition(":")[2] if ":" in name.rpartition("/")[2] else ""


def _order(part: Found) -> tuple[str, IstioVersion, str, str]:
    return part.component, part.version, part.namespace, part.pod


def _pods(cluster: ClusterPort, root: str, gaps: list[str]) -> Iterator[_Pod]:
    try:
        yield from _page_through(cluster, "/api/v1/pods", {})
    except ClusterRefused as error:
        if error.status != _FORBIDDEN:
            raise
    else:
        return
    for namespace in _readable(cluster, root, gaps):
        try:
            yield from _page_through(cluster, f"/api/v1/namespaces/{namespace}/pods", {})
        except ClusterRefused as error:
            if error.status != _FORBIDDEN:
                raise
            gaps.append(f"pods of namespace {namespace} may not be read")


def _readable(cluster: ClusterPort, root: str, gaps: list[str]) -> list[str]:
    try:
        found = msgspec.json.decode(cluster.get("/api/v1/namespaces"), type=_Namespaces)
    except (ClusterRefused, msgspec.DecodeError):
        names = sorted({root, cluster.namespace})
        gaps.append(f"namespaces may not be listed; looked at {', '.join(names)} alone")
        return names
    return [one.metadata.name for one in found.items or []]


def _page_through(cluster: ClusterPort, path: str, query: dict[str, str]) -> Iterator[_Pod]:
    more: str | None = ""
    while more is not None:
        asked = {**query, "limit": _PAGE, **({"continue": more} if more else {})}
        try:
            page = msgspec.json.decode(cluster.get(path, asked), type=_Pods)
        except msgspec.DecodeError as error:
            raise ClusterError(f"{path}: the answer is no list of pods: {error}") from error
        yield from page.items or []
        more = page.metadata.next or None


def _part(pod: _Pod) -> Found | None:
    if pod.status.phase in {"Succeeded", "Failed"}:
        return None
    labels = pod.metadata.labels or {}
    revision = labels.get(_REVISION) or (pod.metadata.annotations or {}).get(_REVISION) or "default"
    for container in [*(pod.spec.containers or []), *(pod.spec.initContainers or [])]:
        component = _COMPONENTS.get(container.name)
        if component == "proxy" and labels.get("app") == "ztunnel":
            component = "ztunnel"
        if component:
            version = parse(image_version(container.image) or "unknown")
            return Found(component, version, pod.metadata.name, pod.metadata.namespace, revision, "image")
    return None


def _ask(cluster: ClusterPort, part: Found) -> Found:
    """Let a control plane say its version; what the image says stays where it does not answer."""
    try:
        body = cluster.get(f"/api/v1/namespaces/{part.namespace}/pods/{part.pod}:15014/proxy/version")
    except ClusterError:
        return part
    match = _BUILD_INFO.fullmatch(body.decode("utf-8", "replace").strip())
    version = parse(match[1]) if match else None
    if (
        version is None
        or not version.is_known
        or (version.flavor == "istio" and part.version.upstream == version.upstream)
    ):
        return part
    return msgspec.structs.replace(part, version=version, source="istiod")


def _announced(cluster: ClusterPort, plane: Found) -> dict[str, str]:
    """Give the version by proxy (``pod.namespace``) as announced to a control plane; nothing if it does not tell."""
    try:
        body = cluster.get(f"/api/v1/namespaces/{plane.namespace}/pods/{plane.pod}:15014/proxy/debug/syncz")
        return {sync.proxy: sync.istio_version for sync in msgspec.json.decode(body, type=list[_Sync])}
    except (ClusterError, msgspec.DecodeError):
        return {}


def _announce(part: Found, announced: dict[str, str]) -> Found:
    text = announced.get(f"{part.pod}.{part.namespace}", "")
    version = parse(text) if text else None
    if version is None or not version.is_known or version.upstream == part.version.upstream:
        return part
    return msgspec.structs.replace(part, version=version, source="announced")
