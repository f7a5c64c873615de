"""AWS Private CA: moto's server, taught to make CA certificates as the real templates do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3
from cryptography import x509
from moto.acmpca.models import CertificateAuthority
from moto.server import ThreadedMotoServer

from getmesh.ca import pem
from tests.fakes.authorities import Authority, sign_csr

REGION = "us-west-2"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
_PLAIN = CertificateAuthority._x509_extensions
_SIGN = x509.KeyUsage(True, False, False, False, False, True, True, False, False)


def _extensions(self: Any, csr: Any, template: str | None) -> Any:
    found = re.search(r"SubordinateCACertificate_PathLen(\d)", template or "")
    plain = _PLAIN(self, csr, template)
    if found is None:
        return plain
    names = [one for one in plain if isinstance(one[0], x509.SubjectAlternativeName)]
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
    return [
        (x509.BasicConstraints(True, int(found[1])), True),
        (_SIGN, True),
        (x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), False),
        (above, False),
        *names,
    ]


@contextmanager
def served() -> Iterator[str]:
    """Serve on loopback; give the endpoint."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with patch.object(CertificateAuthority, "_x509_extensions", _extensions):
        server.start()
        try:
            host, port = server.get_host_and_port()
            yield f"http://{host}:{port}"
        finally:
            server.stop()


def client(endpoint: str) -> Any:
    """Give a client of the server."""
    return boto3.client(
        "acm-pca",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def make_authority(
    endpoint: str, root: Authority, *above: Authority, length: int | None = 1, days: float = 1000
) -> str:
    """Make an active, general-purpose CA below a root, or below intermediates of it; give its ARN."""
    api = client(endpoint)
    about = {
        "KeyAlgorithm": "RSA_2048",
        "SigningAlgorithm": "SHA256WITHRSA",
        "Subject": {"CommonName": f"private ca {len(above)} {length} {days}"},
    }
    arn: str = api.create_certificate_authority(
        CertificateAuthorityConfiguration=about, CertificateAuthorityType="SUBORDINATE"
    )["CertificateAuthorityArn"]
    csr = api.get_certificate_authority_csr(CertificateAuthorityArn=arn)["Csr"]
    certificate = sign_csr(csr.encode(), root, days=days, length=length)
    chain = b"".join(one.pem for one in (root, *above))
    api.import_certificate_authority_certificate(
        CertificateAuthorityArn=arn, Certificate=pem.encode([certificate]), CertificateChain=chain
    )
    set_mode(arn, "GENERAL_PURPOSE")
    return arn


def set_mode(arn: str, mode: str, status: str = "ACTIVE") -> None:
    """Set what the server cannot be told over its API."""
    from moto.acmpca.models import acmpca_backends  # noqa: PLC0415 - the server's own state

    authority = acmpca_backends["123456789012"][REGION].certificate_authorities[arn]
    authority.usage_mode, authority.status = mode, status
