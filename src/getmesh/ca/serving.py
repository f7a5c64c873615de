"""The chain that istiod serves: the cheapest proof of the CA that it has in memory."""

import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509

from getmesh.ca.workloads import ClusterReach, pages, reach
from getmesh.errors import ClusterError, GetmeshError, NetworkError, UsageError
from getmesh.ports.cluster import Stream

PODS: Final = "pods"
NOWHERE: Final = "none"
_PORT: Final = 15012
_SECONDS: Final = 10.0
_PIECE: Final = 65536


@dataclass(frozen=True, slots=True)
class Served:
    """What one istiod serves.

    Attributes:
        istiod: its pod or address.
        chain: certificates as it sends them, the leaf first.
    """

    istiod: str
    chain: tuple[x509.Certificate, ...]


def look_at_istiods(port: ClusterReach, namespace: str, where: str, gaps: list[str]) -> tuple[Served, ...]:
    """Give what istiods serve; one that cannot be looked at becomes a gap.

    Args:
        port: the cluster.
        namespace: istiod's.
        where: `PODS` for all that run there, ``HOST:PORT`` for that one, `NOWHERE` or ``""`` for none.
        gaps: takes what was not seen, and why.

    Raises:
        UsageError: ``where`` is none of these.
    """
    if where in {NOWHERE, ""}:
        return ()
    try:
        if where != PODS:
            return (Served(where, tuple(served_chain(where))),)
        names = list(_running(port, namespace))
    except UsageError:
        raise
    except GetmeshError as error:
        gaps.append(f"what istiod serves: {error.message}")
        return ()
    if not names:
        gaps.append(f"what istiod serves: none runs in {namespace}; for one elsewhere give --istiod HOST:PORT")
    found = []
    for name in names:
        try:
            found.append(Served(name, tuple(_through_api(port, namespace, name))))
        except GetmeshError as error:
            gaps.append(f"what {name} serves: {error.message}")
    return tuple(found)


def served_chain(address: str) -> list[x509.Certificate]:
    """Give the certificates that a TLS server sends, the leaf first; nothing about them is verified.

    Args:
        address: ``HOST:PORT``, such as the near end of ``kubectl port-forward deploy/istiod 15012``.

    Raises:
        UsageError: it is no address.
        NetworkError: nobody answers, or not with TLS.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise UsageError(f"{address!r} is no HOST:PORT")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS) as plain:
            return chain_over(_Direct(plain))
    except (OSError, ssl.SSLError) as error:
        raise NetworkError(
            f"istiod at {address}: {getattr(error, 'reason', None) or error}",
            hint="Without --istiod it is reached through the API server, if it runs in that cluster.",
        ) from error


def chain_over(stream: Stream) -> list[x509.Certificate]:
    """Shake hands in memory over a stream, and give the certificates that come; nothing about them is verified.

    Raises:
        ssl.SSLError: the other side does not speak TLS, or breaks off.
        GetmeshError: the stream ended, or a certificate cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the chain itself is the answer, and is judged by the caller
    context.set_alpn_protocols(["istio", "h2"])
    received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure = context.wrap_bio(received, to_send)
    while True:
        try:
            secure.do_handshake()
            break
        except ssl.SSLWantReadError:
            stream.send(to_send.read())
            if not received.write(stream.receive()):
                received.write_eof()
    stream.send(to_send.read())  # so that the server, too, knows the handshake for whole
    handle: Any = secure
    sent = handle._sslobj.get_unverified_chain()  # noqa: SLF001 - public only from Python 3.13 on
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return [x509.load_der_x509_certificate(_der(one)) for one in sent or ()]
        except ValueError as error:
            raise NetworkError(f"it serves a certificate that cannot be read: {error}") from error


class _Direct:
    """A socket as a stream."""

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain

    def send(self, data: bytes) -> None:
        self._plain.sendall(data)

    def receive(self) -> bytes:
        return self._plain.recv(_PIECE)

    def close(self) -> None:
        self._plain.close()


def _running(port: ClusterReach, namespace: str) -> Iterator[str]:
    """Yield the names of istiod's pods that run and are to stay."""
    for pod in pages(port, f"/api/v1/namespaces/{namespace}/pods", {"labelSelector": "app=istiod"}):
        metadata = pod.get("metadata") or {}
        if (pod.get("status") or {}).get("phase") == "Running" and not metadata.get("deletionTimestamp"):
            yield str(metadata.get("name") or "")


def _through_api(port: ClusterReach, namespace: str, pod: str) -> list[x509.Certificate]:
    try:
        with closing(reach(port, namespace, pod, _PORT)) as stream:
            return chain_over(stream)
    except ssl.SSLError as error:
        raise ClusterError(f"no TLS at port {_PORT}: {error.reason or error}") from error


def _der(one: Any) -> bytes:
    encoding_der = 2
    data: bytes = one if isinstance(one, bytes) else one.public_bytes(encoding_der)
    return data
