"""The chain that istiod serves: the cheapest proof of the CA that it has in memory."""

import socket
import ssl
import warnings
from typing import Any

from cryptography import x509

from getmesh.errors import NetworkError, UsageError

_SECONDS = 10.0


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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the chain itself is the answer, and is judged by the caller
    context.set_alpn_protocols(["istio", "h2"])
    try:
        with (
            socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS) as plain,
            context.wrap_socket(plain) as secure,
        ):
            handle: Any = secure
            sent = handle._sslobj.get_unverified_chain()  # noqa: SLF001 - public only from Python 3.13 on
    except (OSError, ssl.SSLError) as error:
        raise NetworkError(
            f"istiod at {address}: {getattr(error, 'reason', None) or error}",
            hint="Forward its port first: kubectl port-forward -n istio-system deploy/istiod 15012",
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [x509.load_der_x509_certificate(_der(one)) for one in sent or ()]


def _der(one: Any) -> bytes:
    encoding_der = 2
    data: bytes = one if isinstance(one, bytes) else one.public_bytes(encoding_der)
    return data
