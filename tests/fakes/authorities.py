"""Certificates as tests want them: right ones by default, and wrong in exactly one way on request."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle
from getmesh.ca.keys import private_pem

NOW = datetime.now(UTC).replace(microsecond=0)
SIGN = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
NO_SIGN = x509.KeyUsage(True, False, False, False, False, False, False, False, False)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Authority:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        """The certificate's text."""
        return pem.encode([self.certificate])

    @property
    def key_pem(self) -> bytes:
        """The key's text, plain."""
        return private_pem(self.key)

    def crl(self, *revoked: int, days: float = 30) -> bytes:
        """Give a revocation list of this authority."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificate.subject)
        builder = builder.last_update(NOW - timedelta(days=60)).next_update(NOW + timedelta(days=days))
        for serial in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - timedelta(days=1))
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def make_key(family: str = "p-256") -> Any:
    if family.startswith("rsa-"):
        return rsa.generate_private_key(65537, int(family[4:]))
    if family == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"p-256": ec.SECP256R1(), "p-384": ec.SECP384R1(), "p-521": ec.SECP521R1()}[family])


def make(  # noqa: PLR0913 - one argument for each way to be wrong
    subject: str,
    issuer: "Authority | None" = None,
    *,
    key: Any = None,
    days: float = 365,
    starts: float = -1,
    length: int | None = None,
    constraints: x509.BasicConstraints | str | None = "",
    critical: bool = True,
    usage: x509.KeyUsage | None = SIGN,
    extended: Iterable[x509.ObjectIdentifier] = (),
    identifiers: bool = True,
    extra: Iterable[x509.ExtensionType] = (),
    subject_name: x509.Name | None = None,
) -> Authority:
    """Make a CA certificate, a root if no issuer is given; days are counted from now."""
    key = key or make_key()
    signer = issuer.key if issuer else key
    own = subject_name or name(subject)
    builder = x509.CertificateBuilder().subject_name(own).public_key(key.public_key())
    builder = builder.issuer_name(issuer.certificate.subject if issuer else own)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW + timedelta(days=min(starts, days - 0.5)))
    builder = builder.not_valid_after(NOW + timedelta(days=days))
    if constraints == "":
        builder = builder.add_extension(x509.BasicConstraints(True, length), critical)
    elif isinstance(constraints, x509.BasicConstraints):
        builder = builder.add_extension(constraints, critical)
    if usage is not None:
        builder = builder.add_extension(usage, True)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(extended)), False)
    if identifiers:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        above = signer.public_key()
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False)
    for one in extra:
        builder = builder.add_extension(one, isinstance(one, x509.NameConstraints))
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return Authority(builder.sign(signer, algorithm), key)


def sign_csr(
    csr_pem: bytes,
    issuer: Authority,
    *,
    days: float = 365,
    length: int | None = 0,
    ca: bool = True,
    usage: x509.KeyUsage | None = SIGN,
) -> x509.Certificate:
    """Sign a request as an issuer does that knows its trade."""
    csr = x509.load_pem_x509_csr(csr_pem)
    public: Any = csr.public_key()
    builder = x509.CertificateBuilder().subject_name(csr.subject).issuer_name(issuer.certificate.subject)
    builder = builder.public_key(public).serial_number(x509.random_serial_number())
    end = NOW + timedelta(days=days)
    builder = builder.not_valid_before(min(NOW, end) - timedelta(hours=1)).not_valid_after(end)
    builder = builder.add_extension(x509.BasicConstraints(ca, length if ca else None), True)
    if usage is not None:
        builder = builder.add_extension(usage, True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
    above = issuer.key.public_key()
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), False)
    return builder.sign(issuer.key, hashes.SHA256())


def bundle_of(ca: Authority, *above: Authority, root: Authority | None = None, **parts: bytes) -> Bundle:
    """Give the bundle of a CA below intermediates and a root; parts given by name replace what would be right."""
    anchor = root or above[-1]
    between = [one for one in above if one is not anchor]
    right: dict[str, Any] = {
        "certificate": ca.pem,
        "key": ca.key_pem if isinstance(ca.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) else raw_key(ca.key),
        "chain": b"".join(one.pem for one in (ca, *between)),
        "root": anchor.pem,
        "crl": b"",
    }
    return Bundle(**(right | parts))


def raw_key(key: Any) -> bytes:
    """Give a key of any family as PKCS#8."""
    from cryptography.hazmat.primitives.serialization import NoEncryption, PrivateFormat  # noqa: PLC0415 - rare

    text: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return text


def good_bundle(common_name: str = "mesh ca", root: Authority | None = None, days: float = 365) -> Bundle:
    """Give a bundle without a fault."""
    anchor = root or make("root", days=3650)
    return bundle_of(make(common_name, anchor, length=0, days=days), anchor)
