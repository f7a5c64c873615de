"""Asking the API what the user may do, without doing it."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from getmesh.errors import ClusterError
from getmesh.ports.cluster import ClusterPort

PATH: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Deed(NamedTuple):
    """Something that the user may or may not do; an empty namespace means in the whole cluster."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


class _Status(msgspec.Struct, frozen=True):
    allowed: bool = False
    reason: str = ""


class _Review(msgspec.Struct, frozen=True):
    status: _Status = _Status()


def refusal(port: ClusterPort, deed: Deed) -> str | None:
    """Give the reason why the user may not do it, often empty; None if the user may.

    Raises:
        ClusterRefused: the API does not answer such questions.
        ClusterError: it cannot be reached, or its answer is none.
    """
    attributes = {field: value for field, value in deed._asdict().items() if value or field == "group"}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    try:
        status = msgspec.json.decode(port.post(PATH, msgspec.json.encode(review)), type=_Review).status
    except msgspec.DecodeError as error:
        raise ClusterError(f"{PATH}: the answer is no access review: {error}") from error
    return None if status.allowed else status.reason


def refusals(port: ClusterPort, deeds: Iterable[Deed]) -> dict[str, str]:
    """Give the resources of the deeds that the user may not do, each with the reason.

    Raises:
        ClusterRefused: the API does not answer such questions.
        ClusterError: it cannot be reached, or its answer is none.
    """
    return {deed.resource: reason for deed in deeds if (reason := refusal(port, deed)) is not None}
