"""PEM texts and certificates: cut apart, read, put together, named by fingerprint."""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----[ \t]*\r?\n?", re.DOTALL)
CERTIFICATE: Final = "CERTIFICATE"


@dataclass(frozen=True, slots=True)
class Block:
    """One PEM block.

    Attributes:
        label: such as ``CERTIFICATE``.
        text: from its BEGIN to its END, with the line break if it has one.
        start: offset in the text that it was cut from.
    """

    label: str
    text: bytes
    start: int


def blocks(text: bytes) -> tuple[Block, ...]:
    """Cut a text into its PEM blocks, in order; what stands between them is passed over."""
    return tuple(Block(found[1].decode(), found[0], found.start()) for found in _BLOCK.finditer(text))


def read_certificate(text: bytes) -> x509.Certificate | None:
    """Read one PEM block; None if it is no certificate that can be used."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            certificate = x509.load_pem_x509_certificate(text)
            certificate.public_key()
            list(certificate.extensions)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return None
    return certificate


def certificates(text: bytes) -> list[x509.Certificate]:
    """Read all certificates of a text, in order; blocks that are none are passed over."""
    found = (read_certificate(block.text) for block in blocks(text) if block.label == CERTIFICATE)
    return [certificate for certificate in found if certificate is not None]


def is_readable(text: bytes) -> bool:
    """Whether a text is nothing but certificates that can be read, at least one."""
    found = blocks(text)
    return bool(found) and all(block.label == CERTIFICATE and read_certificate(block.text) for block in found)


def encode(certificates_: Iterable[x509.Certificate]) -> bytes:
    """Give certificates as PEM, each ending with a line break."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates_)


def fingerprint(certificate: x509.Certificate) -> str:
    """Give the SHA-256 of a certificate as lower-case hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def name_text(name: x509.Name) -> str:
    """Give a distinguished name as RFC 4514 text, ``(empty)`` if it has no attribute."""
    return name.rfc4514_string() or "(empty)"


def label(certificate: x509.Certificate) -> str:
    """Name a certificate for people: its subject and the beginning of its fingerprint."""
    return f"{name_text(certificate.subject)} ({fingerprint(certificate)[:12]})"


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether names fit and the signature is the issuer's."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Whether a certificate is signed by its own key."""
    return is_issued_by(certificate, certificate)


def path_to_root(
    certificate: x509.Certificate, between: Iterable[x509.Certificate], roots: Iterable[x509.Certificate]
) -> list[x509.Certificate] | None:
    """Give the chain of issuers from a certificate to an anchor, both included; None if there is none.

    A root that has not expired is preferred, since a file of roots may hold an old one with the same key.
    """
    anchors = sorted(roots, key=lambda root: root.not_valid_after_utc, reverse=True)
    pool = list(between)
    path = [certificate]
    while len(path) <= len(pool) + 1:
        last = path[-1]
        if last in anchors:
            return path
        anchor = next((root for root in anchors if is_issued_by(last, root)), None)
        if anchor is not None:
            return [*path, anchor]
        issuer = next((one for one in pool if one not in path and is_issued_by(last, one)), None)
        if issuer is None:
            return None
        path.append(issuer)
    return None


def days_left(certificate: x509.Certificate, now: datetime) -> float:
    """Give the days until a certificate ends, negative once it has."""
    return (certificate.not_valid_after_utc - now).total_seconds() / 86400


def wears_thin(certificate: x509.Certificate, now: datetime, warn_days: float | None = None) -> bool:
    """Whether it is time to renew: within the days given, else 30 days or a third of its life, whichever is less."""
    if warn_days is None:
        life = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds() / 86400
        warn_days = min(30.0, life / 3)
    return days_left(certificate, now) < warn_days
