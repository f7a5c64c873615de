"""The csr provider: for a CA that no program can reach.

The request goes out as a file, and the signed chain comes back as one.
"""

from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from getmesh.ca import pem
from getmesh.ca.files import read_file
from getmesh.ca.order import Wish
from getmesh.ca.providers.issuer import Issued, Request, Terms, demand_fitting_issuer
from getmesh.errors import InputError


class CsrIssuer:
    """Takes what somebody signed elsewhere.

    Args:
        options: ``signedFile`` (certificate and issuers), ``rootFile`` if the root is not in it.
    """

    name = "csr"

    def __init__(self, options: dict[str, Any]) -> None:
        self._signed = str(options.get("signedFile") or "")
        self._root = str(options.get("rootFile") or "")

    def preflight(self, wish: Wish, now: datetime) -> Terms:
        """Look at the issuer among the files, if it is there."""
        found = pem.certificates(read_file(self._signed, "signed chain"))
        if not found:
            raise InputError(f"{self._signed} holds no certificate")
        roots = pem.certificates(read_file(self._root, "root")) if self._root else []
        issuers = [one for one in (*found, *roots) if any(pem.is_issued_by(other, one) for other in found)]
        direct = next((one for one in issuers if one not in found[:1]), None)
        warnings = demand_fitting_issuer(direct, wish, now) if direct is not None else ()
        return Terms(self._signed, direct, (f"{len(found)} certificates in {self._signed}",), warnings)

    def issue(self, request: Request) -> Issued:
        """Find the certificate of the request's key.

        Raises:
            InputError: none of the certificates has that key.
        """
        found = pem.certificates(read_file(self._signed, "signed chain"))
        roots = pem.certificates(read_file(self._root, "root")) if self._root else []
        mine = [one for one in found if _public(one) == request.public_key]
        if not mine:
            raise InputError(
                f"{self._signed} holds no certificate for this key",
                hint="The key file and the signed chain must belong to the same request.",
            )
        return Issued(mine[0], [one for one in found if one is not mine[0]] + roots, roots, self._signed)


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
