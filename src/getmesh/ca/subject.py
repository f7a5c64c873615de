"""Whom a CA certificate names, and the request for it."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from getmesh.ca.keys import PrivateKey, signing_hash
from getmesh.errors import UsageError

_OIDS: Final = (
    ("country", NameOID.COUNTRY_NAME),
    ("province", NameOID.STATE_OR_PROVINCE_NAME),
    ("locality", NameOID.LOCALITY_NAME),
    ("street", NameOID.STREET_ADDRESS),
    ("postal_code", NameOID.POSTAL_CODE),
    ("organization", NameOID.ORGANIZATION_NAME),
    ("unit", NameOID.ORGANIZATIONAL_UNIT_NAME),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Distinguished name and alternative names, each list in the order given."""

    common_name: str
    country: tuple[str, ...] = ()
    province: tuple[str, ...] = ()
    locality: tuple[str, ...] = ()
    street: tuple[str, ...] = ()
    postal_code: tuple[str, ...] = ()
    organization: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    serial_number: str = ""
    dns: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    uris: tuple[str, ...] = ()

    def name(self) -> x509.Name:
        """Give the distinguished name.

        Raises:
            UsageError: a value does not fit its attribute, such as a country of three letters.
        """
        attributes: list[x509.NameAttribute[str]] = []
        try:
            for key, oid in _OIDS:
                attributes += [x509.NameAttribute(oid, value) for value in getattr(self, key) if value]
            attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, self.common_name))
            if self.serial_number:
                attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, self.serial_number))
        except ValueError as error:
            raise UsageError(f"subject: {error}", hint="A country has two letters, a common name at most 64.") from None
        return x509.Name(attributes)

    def alternative_names(self) -> x509.SubjectAlternativeName | None:
        """Give the alternative names, None if there are none.

        Raises:
            UsageError: one cannot be written into a certificate.
        """
        names = list(self._general_names())
        return x509.SubjectAlternativeName(names) if names else None

    def _general_names(self) -> Iterator[x509.GeneralName]:
        value = ""
        try:
            for value in self.dns:
                yield x509.DNSName(value)
            for value in self.emails:
                yield x509.RFC822Name(value)
            for value in self.ips:
                yield x509.IPAddress(ipaddress.ip_address(value))
            for value in self.uris:
                yield x509.UniformResourceIdentifier(value)
        except ValueError as error:
            raise UsageError(f"alternative name {value!r}: {error}") from None


def ca_key_usage() -> x509.KeyUsage:
    """Give the key usage of a mesh CA: it signs certificates and revocation lists, and nothing else."""
    return x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def make_csr(subject: Subject, key: PrivateKey) -> bytes:
    """Give a signing request as PEM that asks for a CA of path length 0, whatever the issuer makes of it."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject.name())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(ca_key_usage(), critical=True)
    names = subject.alternative_names()
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return builder.sign(key, signing_hash(key)).public_bytes(Encoding.PEM)
