"""A request to Google's CA Service, field by field or as a CSR."""

import uuid
from datetime import timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from getmesh.ca.providers.gcp_names import Target
from getmesh.ca.providers.issuer import Request
from getmesh.ca.subject import Subject

_FIELDS: Final = (
    ("country", "country_code", "COUNTRY_CODE"),
    ("province", "province", "PROVINCE"),
    ("locality", "locality", "LOCALITY"),
    ("street", "street_address", "STREET_ADDRESS"),
    ("postal_code", "postal_code", "POSTAL_CODE"),
    ("organization", "organization", "ORGANIZATION"),
    ("unit", "organizational_unit", "ORGANIZATIONAL_UNIT"),
)
_SERIAL_NUMBER: Final = (2, 5, 4, 5)


def certificate_request(target: Target, request: Request, mode: str, path_length: int) -> Any:
    """Give the request: a CA that signs certificates and revocation lists, of the path length asked for."""
    from google.cloud.security import privateca_v1 as pca  # noqa: PLC0415 - an extra

    certificate = pca.Certificate(lifetime=timedelta(days=request.wish.days), labels={"created-by": "getmesh"})
    if mode == "csr":
        certificate.pem_csr = request.csr.decode()
    else:
        certificate.config = _config(pca, request, path_length)
    return pca.CreateCertificateRequest(
        parent=target.pool,
        certificate_id=f"getmesh-{request.token}",
        certificate=certificate,
        request_id=str(uuid.UUID(request.token)),
        issuing_certificate_authority_id=target.authority,
    )


def _config(pca: Any, request: Request, path_length: int) -> Any:
    usage = pca.KeyUsage(base_key_usage=pca.KeyUsage.KeyUsageOptions(cert_sign=True, crl_sign=True))
    # A path length of 0 has to be set on purpose: left out, it means no limit.
    options = pca.X509Parameters.CaOptions(is_ca=True, max_issuer_path_length=path_length)
    key = load_pem_public_key(request.public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    subject = request.wish.subject
    names = pca.SubjectAltNames(
        dns_names=subject.dns, uris=subject.uris, email_addresses=subject.emails, ip_addresses=subject.ips
    )
    return pca.CertificateConfig(
        subject_config=pca.CertificateConfig.SubjectConfig(subject=_subject(pca, subject), subject_alt_name=names),
        x509_config=pca.X509Parameters(key_usage=usage, ca_options=options),
        public_key=pca.PublicKey(key=key, format_=pca.PublicKey.KeyFormat.PEM),
    )


def _subject(pca: Any, subject: Subject) -> Any:
    """Give the name in Google's single fields, or as a sequence where a field would have to hold several values."""
    several = any(len(getattr(subject, ours)) > 1 for ours, _, _ in _FIELDS)
    if not several and not subject.serial_number:
        single = {theirs: next(iter(getattr(subject, ours)), "") for ours, theirs, _ in _FIELDS}
        return pca.Subject(common_name=subject.common_name, **single)
    kinds = pca.AttributeType
    parts = [
        pca.AttributeTypeAndValue(type_=kinds[kind], value=value)
        for ours, _, kind in _FIELDS
        for value in getattr(subject, ours)
    ]
    parts.append(pca.AttributeTypeAndValue(type_=kinds.COMMON_NAME, value=subject.common_name))
    if subject.serial_number:
        oid = pca.ObjectId(object_id_path=_SERIAL_NUMBER)
        parts.append(pca.AttributeTypeAndValue(object_id=oid, value=subject.serial_number))
    sequence = [pca.RelativeDistinguishedName(attributes=[part]) for part in parts]
    return pca.Subject(rdn_sequence=sequence)
