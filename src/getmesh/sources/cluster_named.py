"""ConfigMaps and Secrets: never listed whole, read by name, and only those that the mesh itself names."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import msgspec

from getmesh.errors import ClusterError
from getmesh.model.credentials import Credentials
from getmesh.model.injector import injector_name
from getmesh.model.kinds import BY_KEY, Kind
from getmesh.model.meshconfig import DEFAULT_NAMESPACE
from getmesh.model.meshnetworks import REMOTE_LABEL
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot
from getmesh.ports.cluster import ClusterRefused
from getmesh.ports.kube import KubePort
from getmesh.sources.cluster_items import CLUSTER, decode_item, to_object
from getmesh.sources.cluster_lists import Deadline, list_path, read_list
from getmesh.sources.cluster_rights import Rights

ROOT_CERTIFICATE: Final = "istio-ca-root-cert"
REVISION: Final = "istio.io/rev"
CLUSTER_NAME: Final = "networking.istio.io/cluster"
_REMOTE_NAME: Final = "istio-remote-secret-"
_HELM: Final = "sh.helm."
_NOT_FOUND: Final = 404
_UNAUTHORIZED: Final = 401


@dataclass(frozen=True, slots=True)
class Named:
    """What is to be read by name.

    Attributes:
        config_maps, secrets: (namespace, name), sorted.
        certificates: whether the ConfigMaps with the mesh's root certificate are wanted, without their content.
        remotes: whether the clusters that istiod reads are wanted.
    """

    config_maps: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    certificates: bool = False
    remotes: bool = False

    @classmethod
    def of(cls, kinds: frozenset[str], rights: Rights, objects: list[Object]) -> "Named":
        """Work out which objects the others name."""
        config_maps = tuple(sorted(_settings(objects))) if "ConfigMap" in kinds else ()
        secrets: set[tuple[str, str]] = set()
        if "Secret" in kinds:
            credentials = Snapshot(objects).service(Credentials)
            secrets = {found.secret for found in credentials.each() if not found.secret[1].startswith(_HELM)}
        return cls(
            config_maps,
            tuple(sorted(secrets)),
            "ConfigMap" in kinds and "ConfigMap" in rights.everywhere,
            "Secret" in kinds,
        )


@dataclass(slots=True)
class NamedReading:
    """What was found.

    Attributes:
        hidden: identities that may not be read.
        assumed: the kind ``ConfigMap`` with the reason, if the mesh's setting may not be read.
    """

    objects: list[Object] = field(default_factory=list)
    hidden: frozenset[tuple[str, str, str]] = frozenset()
    assumed: dict[str, str] = field(default_factory=dict)


def read_named(port: KubePort, named: Named, pool: Executor, deadline: Deadline) -> NamedReading:
    """Read them; one that does not exist is simply not there.

    Raises:
        ClusterError: the credential is no longer accepted.
    """
    found = NamedReading()
    wanted = [("ConfigMap", *name) for name in named.config_maps] + [("Secret", *name) for name in named.secrets]
    answers = pool.map(lambda one: _try(port, BY_KEY[one[0]], one[1], one[2], deadline), wanted)
    hidden = set()
    for identity, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, Object):
            found.objects.append(answer)
        elif answer is not None and identity[0] == "ConfigMap":
            refused = f"you may not read ConfigMap {identity[1]}/{identity[2]}"
            found.assumed["ConfigMap"] = _reason(answer, refused)
        elif answer is not None:
            hidden.add(identity)
    if named.certificates:
        _root_certificates(port, deadline, found)
    elif named.config_maps:
        found.assumed.setdefault("ConfigMap", "you may not list configmaps")
    if named.remotes:
        _remote_secrets(port, deadline, found)
    found.hidden = frozenset(hidden)
    return found


def get_object(port: KubePort, kind: Kind, namespace: str, name: str, deadline: Deadline) -> Object | None:
    """Give one object, None if there is none.

    Raises:
        ClusterRefused: it may not be read.
        ClusterError: the answer is no object.
    """
    path = f"{list_path(kind, kind.versions[0], quote(namespace))}/{quote(name, safe='')}"
    try:
        return to_object(kind, kind.versions[0], decode_item(port.get(path, seconds=deadline.left())))
    except ClusterRefused as error:
        if error.status != _NOT_FOUND:
            raise
        return None
    except msgspec.DecodeError as error:
        raise ClusterError(f"{path}: the answer is no object: {error}") from error


def _try(port: KubePort, kind: Kind, namespace: str, name: str, deadline: Deadline) -> Object | ClusterError | None:
    try:
        return get_object(port, kind, namespace, name, deadline)
    except ClusterError as error:
        if isinstance(error, ClusterRefused) and error.status == _UNAUTHORIZED:
            raise
        return error


def _settings(objects: Iterable[Object]) -> Iterator[tuple[str, str]]:
    """Yield the ConfigMaps that configure control planes and injectors."""
    namespaces, revisions = {DEFAULT_NAMESPACE}, {""}
    for obj in objects:
        if obj.key == "Deployment" and obj.labels.get("app") == "istiod":
            namespaces.add(obj.namespace)
            revisions.add(obj.labels.get(REVISION, ""))
        elif obj.key == "MutatingWebhookConfiguration":
            revisions.add(obj.labels.get(REVISION, ""))
    for namespace in namespaces:
        for revision in revisions:
            yield namespace, "istio" if revision in ("", "default") else f"istio-{revision}"
            yield namespace, injector_name(revision)


def _root_certificates(port: KubePort, deadline: Deadline, found: NamedReading) -> None:
    selector = {"fieldSelector": f"metadata.name={ROOT_CERTIFICATE}"}
    try:
        found.objects += read_list(port, BY_KEY["ConfigMap"], "v1", deadline, selector=selector, metadata_only=True)
    except ClusterError as error:
        found.assumed["ConfigMap"] = _reason(error, "you may not list configmaps")


def _reason(error: ClusterError, refused: str) -> str:
    """Give what to say of a list that failed; a credential that is no longer accepted ends everything."""
    if not isinstance(error, ClusterRefused):
        return error.message
    if error.status == _UNAUTHORIZED:
        raise error
    return refused if error.status == 403 else error.message  # noqa: PLR2004 - HTTP: forbidden


def _remote_secrets(port: KubePort, deadline: Deadline, found: NamedReading) -> None:
    """Learn which other clusters istiod reads from what is written on their Secrets, not from what is in them."""
    selector = {"labelSelector": f"{REMOTE_LABEL}=true"}
    try:
        secrets = read_list(
            port, BY_KEY["Secret"], "v1", deadline, namespace=DEFAULT_NAMESPACE, selector=selector, metadata_only=True
        )
    except ClusterError as error:
        found.assumed["Secret"] = _reason(error, "you may not list secrets in istio-system")
        return
    for secret in secrets:
        cluster = secret.annotations.get(CLUSTER_NAME) or secret.name.removeprefix(_REMOTE_NAME)
        found.objects.append(Object({**secret.raw, "data": {cluster: ""}}, CLUSTER))
