"""Which Secrets hold a certificate that a gateway could serve with."""

import base64
import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from getmesh.model.certificates import Certificates
from getmesh.model.objects import Object
from getmesh.model.snapshot import Settings, Snapshot
from tests.fakes.manifests import manifest

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def _certificate(first: int, last: int) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop")])
    start, end = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (first, last))
    built = x509.CertificateBuilder(name, name, KEY.public_key(), 7, start, end)
    return built.sign(KEY, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


VALID, EXPIRED, EARLY = _certificate(2020, 2030), _certificate(2020, 2021), _certificate(2028, 2030)


def _block(kind: bytes, der: bytes) -> bytes:
    return b"-----BEGIN " + kind + b"-----\n" + base64.encodebytes(der) + b"-----END " + kind + b"-----\n"


def _secret(**data: bytes) -> Object:
    encoded = {key.replace("_", "."): base64.b64encode(value).decode() for key, value in data.items()}
    raw: dict[str, Any] = dict(manifest("Secret", "edge/cert").raw)
    return Object({**raw, "data": encoded})


def _problem(secret: Object) -> str:
    certificates = Snapshot([secret], Settings(now=NOW.timestamp())).service(Certificates)
    assert certificates.exists(("edge", "cert"))
    return certificates.problem(("edge", "cert"))


@pytest.mark.parametrize(
    "text",
    [
        _pem(VALID),
        b"subject: shop\n" + _pem(VALID),
        _pem(VALID) + _pem(EXPIRED),
        _pem(VALID).replace(b"\n", b"\r\n"),
        _block(b"TRUSTED THING", _der(VALID)),
        _block(b"CERTIFICATE", _der(VALID) + _der(VALID)),
        b"-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n" + _pem(VALID),
    ],
)
def test_the_first_block_decides_whatever_stands_around_it(text: bytes) -> None:
    assert _problem(_secret(tls_crt=text, tls_key=b"key")) == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (_pem(EXPIRED) + _pem(VALID), "its certificate expired on 2021-01-01"),
        (_pem(EARLY), "its certificate is not valid before 2028-01-01"),
        (_block(b"CERTIFICATE", _der(VALID) + _der(EXPIRED)), "its certificate expired on 2021-01-01"),
        (_block(b"CERTIFICATE", _der(VALID) + b"rest"), "its certificate cannot be read as X.509"),
        (_block(b"CERTIFICATE", _der(VALID)[:-5]), "its certificate cannot be read as X.509"),
        (b"nothing", "its certificate is no PEM text"),
        (_der(VALID), "its certificate is no PEM text"),
    ],
)
def test_a_certificate_that_is_unreadable_or_not_valid_today_is_named(text: bytes, problem: str) -> None:
    assert _problem(_secret(tls_crt=text, tls_key=b"key")) == problem


def test_the_older_names_come_first_and_a_pair_must_be_whole() -> None:
    assert _problem(_secret(cert=_pem(EXPIRED), key=b"k", tls_crt=_pem(VALID), tls_key=b"k")) != ""
    assert _problem(_secret(cert=_pem(EXPIRED), tls_crt=_pem(VALID), tls_key=b"k")) == ""
    assert _problem(_secret(tls_crt=_pem(VALID))) == "it holds no certificate together with a key"


def test_text_that_is_not_base64_is_no_certificate() -> None:
    raw = dict(_secret().raw)
    assert _problem(Object({**raw, "data": {"tls.crt": "a", "tls.key": ["x"]}})) != ""


def test_plain_text_counts_as_data() -> None:
    raw = dict(_secret().raw)
    assert _problem(Object({**raw, "stringData": {"tls.crt": _pem(VALID).decode(), "tls.key": "k"}})) == ""


def test_a_missing_secret_has_no_problem_of_its_own() -> None:
    certificates = Snapshot([]).service(Certificates)
    assert not certificates.exists(("edge", "cert"))
    assert certificates.problem(("edge", "cert")) == ""
