"""The Kubernetes API as this program needs it: reading paths, and asking what it may do."""

from collections.abc import Mapping
from typing import Final, Protocol

from getmesh.errors import ClusterError

_UNAUTHORIZED: Final = 401
_LOGIN: Final = "The credential is wrong or has expired: log in again, then repeat the call."


class ClusterRefused(ClusterError):  # noqa: N818 - reads as what happened
    """The API answered, but not with what was asked for.

    Attributes:
        status: HTTP status, such as 403 for a right that is missing and 404 for what is not there.
    """

    def __init__(self, message: str, status: int, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class ClusterPort(Protocol):
    """One cluster, seen with the rights of one user."""

    @property
    def server(self) -> str:
        """Address of the API."""
        ...

    @property
    def namespace(self) -> str:
        """The context's own namespace."""
        ...

    def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """Give the body at a path such as ``/api/v1/pods``.

        Raises:
            ClusterRefused: the API refused; a 403 is never tried again.
            ClusterError: the API cannot be reached in time.
        """
        ...

    def post(self, path: str, body: bytes) -> bytes:
        """Give the answer to a JSON document; used for questions such as access reviews only.

        Raises:
            ClusterRefused: the API refused.
            ClusterError: the API cannot be reached in time.
        """
        ...


class Stream(Protocol):
    """Bytes to and from one server."""

    def send(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            GetmeshError: the connection is gone.
        """
        ...

    def receive(self) -> bytes:
        """Give the next bytes, none at the end.

        Raises:
            GetmeshError: the connection is gone, or nothing came in time.
        """
        ...

    def close(self) -> None:
        """End the connection."""
        ...


def refusal(path: str, status: int, body: bytes) -> ClusterRefused:
    """Give the error of an answer that is a refusal.

    Args:
        path: what was asked for.
        status: of the answer.
        body: a ``Status`` document, or anything.
    """
    detail = _message(body)
    hint = _LOGIN if status == _UNAUTHORIZED else ""
    return ClusterRefused(f"{path}: the API answered {status}{detail and f': {detail}'}", status, hint=hint)


def _message(status: bytes) -> str:
    import msgspec  # noqa: PLC0415 - only when something failed

    try:
        value = msgspec.json.decode(status)
    except msgspec.DecodeError:
        return ""
    found = value.get("message") if isinstance(value, dict) else None
    return " ".join(found.split())[:300] if isinstance(found, str) else ""
