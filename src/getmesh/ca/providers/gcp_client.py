"""A client of Google's CA Service."""

from typing import Any
from urllib.parse import urlsplit

from getmesh.errors import UsageError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def open_client(endpoint: str = "") -> Any:
    """Give a client.

    Args:
        endpoint: host of a private endpoint; ``http://`` on loopback means a test server without TLS and credentials.

    Raises:
        UsageError: the extra is not installed, or the endpoint is plain and elsewhere.
    """
    try:
        import grpc  # noqa: PLC0415 - an extra, and half a second
        from google.cloud.security import privateca_v1 as pca  # noqa: PLC0415 - as above
        from google.cloud.security.privateca_v1.services.certificate_authority_service.transports import (  # noqa: PLC0415 - as above
            CertificateAuthorityServiceGrpcTransport,
        )
    except ImportError:
        raise UsageError("Google support is not installed", hint="Install it: pip install 'getmesh[gcp]'.") from None
    if not endpoint.startswith("http://"):
        settings = {"api_endpoint": endpoint.removeprefix("https://")} if endpoint else None
        return pca.CertificateAuthorityServiceClient(client_options=settings)
    address = urlsplit(endpoint)
    if address.hostname not in _LOOPBACK:
        raise UsageError(f"endpoint {endpoint} is not encrypted", hint="Use https, or a test server on this machine.")
    channel = grpc.insecure_channel(address.netloc)
    return pca.CertificateAuthorityServiceClient(transport=CertificateAuthorityServiceGrpcTransport(channel=channel))
