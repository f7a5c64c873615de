"""Secrets of one namespace: read by name, never listed; written as a whole, and only over what was read."""

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from getmesh.errors import ClusterError
from getmesh.ports.access_reviews import Deed, refusal
from getmesh.ports.cluster import ClusterPort, ClusterRefused

OPAQUE: Final = "Opaque"
TLS: Final = "kubernetes.io/tls"
_NOT_FOUND: Final = 404
FORBIDDEN: Final = 403


class ClusterWriter(ClusterPort, Protocol):
    """A cluster that can be changed, too; ``ports.kube.KubeClient`` is one."""

    def send(
        self, method: str, path: str, body: bytes | None, *, media: str = ..., query: Mapping[str, str] | None = None
    ) -> bytes:
        """Change something, once."""
        ...


@dataclass(frozen=True, slots=True)
class Secret:
    """A Secret as it was read, or as it shall be written; its data never shows in a representation."""

    name: str
    data: Mapping[str, bytes] = field(repr=False)
    type: str = OPAQUE
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict, repr=False)
    immutable: bool = False
    version: str = ""
    uid: str = ""

    def having(self, data: Mapping[str, bytes], annotations: Mapping[str, str]) -> "Secret":
        """Give the same Secret with other data; annotations are added, labels kept."""
        return replace(self, data=dict(data), annotations={**self.annotations, **annotations})


class SecretStore:
    """The Secrets of a namespace.

    Args:
        port: the cluster.
        namespace: where.
    """

    def __init__(self, port: ClusterWriter, namespace: str) -> None:
        self.port = port
        self.namespace = namespace
        self._path = f"/api/v1/namespaces/{namespace}/secrets"

    def get(self, name: str) -> Secret | None:
        """Give a Secret, None if there is none.

        Raises:
            ClusterError: it cannot be read.
        """
        try:
            answer = self.port.get(f"{self._path}/{name}")
        except ClusterRefused as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        return read_secret(json.loads(answer))

    def create(self, secret: Secret, *, dry_run: bool = False) -> None:
        """Make a Secret.

        Raises:
            ClusterRefused: 409 if there is one.
            ClusterError: whether it was made is unknown.
        """
        self.port.send("POST", self._path, self._body(secret, ""), query=_dry(dry_run))

    def replace(self, secret: Secret, *, dry_run: bool = False) -> None:
        """Put a Secret in the place of the version that was read.

        Raises:
            ClusterRefused: 409 if it was changed since.
            ClusterError: whether it was replaced is unknown.
        """
        body = self._body(secret, secret.version)
        self.port.send("PUT", f"{self._path}/{secret.name}", body, query=_dry(dry_run))

    def rehearse(self, secret: Secret) -> None:
        """Let the server go through a write without doing it, so that quotas and admission speak up beforehand.

        What was read is put in its own place, anything else is made.

        Raises:
            ClusterError: the server would not take it, or gave no answer.
        """
        write = self.replace if secret.version else self.create
        try:
            write(secret, dry_run=True)
        except ClusterError as error:
            raise ClusterError(
                f"the API would not take Secret {secret.name}: {error.message}",
                hint=error.hint or "Nothing was issued or changed.",
            ) from error

    def delete(self, secret: Secret) -> None:
        """Remove the very Secret that was read.

        Raises:
            ClusterError: it is not, or not known to be, removed.
        """
        conditions = {"uid": secret.uid, "resourceVersion": secret.version}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": conditions}
        self.port.send("DELETE", f"{self._path}/{secret.name}", json.dumps(options).encode())

    def ensure_gone(self, secret: Secret) -> None:
        """Remove the very Secret that was read, or see that it is gone, although an answer got lost.

        Raises:
            ClusterError: it is still there, or that cannot be seen.
        """
        try:
            self.delete(secret)
        except ClusterError:
            if self._lacks(secret.name):
                return
            raise

    def remove(self, name: str) -> None:
        """Remove a Secret whatever its version; that it is gone already is fine."""
        try:
            self.port.send("DELETE", f"{self._path}/{name}", None)
        except ClusterRefused as error:
            if error.status != _NOT_FOUND:
                raise

    def holds(self, wanted: Secret) -> bool:
        """Whether a Secret has the data that was sent, although the answer got lost; it counts as not if unseen."""
        with suppress(ClusterError):
            found = self.get(wanted.name)
            return found is not None and dict(found.data) == dict(wanted.data)
        return False

    def _lacks(self, name: str) -> bool:
        with suppress(ClusterError):
            return self.get(name) is None
        return False

    def may(self, verb: str, name: str = "") -> bool:
        """Ask whether the caller may do something with Secrets here.

        Raises:
            ClusterError: the API gave no answer.
        """
        return refusal(self.port, Deed(verb, "", "secrets", self.namespace, name)) is None

    def demand_namespace(self) -> None:
        """See that the namespace is there; not being allowed to look is no failure.

        Raises:
            ClusterError: it is not.
        """
        try:
            self.port.get(f"/api/v1/namespaces/{self.namespace}")
        except ClusterRefused as error:
            if error.status == _NOT_FOUND:
                raise ClusterError(
                    f"there is no namespace {self.namespace!r}", hint="Make it, or give --istio-ca-namespace."
                ) from None
            if error.status != FORBIDDEN:
                raise

    def _body(self, secret: Secret, version: str) -> bytes:
        return json.dumps(manifest(secret, self.namespace, version)).encode()


def read_secret(value: Mapping[str, Any]) -> Secret:
    """Read a Secret as the API gives it, or as a manifest has it.

    Raises:
        ClusterError: its data is not base64.
    """
    metadata = value.get("metadata") or {}
    data: dict[str, bytes] = {}
    for key, text in (value.get("data") or {}).items():
        try:
            data[key] = b64decode(str(text or ""), validate=False)
        except (binascii.Error, ValueError):
            raise ClusterError(f"Secret {metadata.get('name')}: {key} is not base64") from None
    data |= {key: str(text).encode() for key, text in (value.get("stringData") or {}).items()}
    return Secret(
        name=str(metadata.get("name") or ""),
        data=data,
        type=str(value.get("type") or OPAQUE),
        labels=dict(metadata.get("labels") or {}),
        annotations=dict(metadata.get("annotations") or {}),
        immutable=value.get("immutable") is True,
        version=str(metadata.get("resourceVersion") or ""),
        uid=str(metadata.get("uid") or ""),
    )


def manifest(secret: Secret, namespace: str, version: str = "") -> dict[str, Any]:
    """Give a Secret as the API takes it: the full map of data, so that nothing of an older one is left."""
    metadata: dict[str, Any] = {"name": secret.name, "namespace": namespace}
    metadata |= {"labels": dict(secret.labels)} if secret.labels else {}
    metadata |= {"annotations": dict(secret.annotations)} if secret.annotations else {}
    metadata |= {"resourceVersion": version} if version else {}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": secret.type,
        "data": {key: b64encode(text).decode() for key, text in sorted(secret.data.items())},
    }


def _dry(dry_run: bool) -> dict[str, str] | None:
    return {"dryRun": "All"} if dry_run else None
