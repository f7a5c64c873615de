"""JSON Web Key Sets written into a RequestAuthentication."""

import base64
import datetime as dt
import json
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from getmesh.model.validation.jwt import key_set

RSA = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}


def certificate() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    return base64.b64encode(built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)).decode()


@pytest.mark.parametrize(
    "value",
    [
        {"keys": []},
        {"keys": None},
        {"keys": [RSA]},
        RSA,
        {"keys": [{"KTY": "EC", "crv": "any", "x": "", "y": "AQ=="}]},
        {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "a-_9"}]},
        {"keys": [{**RSA, "key_ops": ["odd"], "kid": "1"}]},
    ],
)
def test_public_keys_pass_without_remark(value: Any) -> None:
    assert key_set(json.dumps(value)) == ("", [])


@pytest.mark.parametrize(
    "value",
    [{"keys": [{"kty": "oct", "k": "AQ"}]}, {**RSA, "d": ""}, {**RSA, "d": None}, {"keys": [{**RSA, "d": "AQ"}]}],
)
def test_secret_keys_earn_a_remark(value: Any) -> None:
    problem, warnings = key_set(json.dumps(value))
    assert problem == ""
    assert len(warnings) == 1


@pytest.mark.parametrize(
    "value",
    [
        [],
        5,
        {},
        {"keys": {}},
        {"keys": [5]},
        {"keys": [{}]},
        {"Keys": []},
        {"kty": "rsa", "n": "", "e": ""},
        {"kty": 5},
        {"kty": "RSA", "n": "AQAB"},
        {"kty": "EC", "x": "", "y": ""},
        {"kty": "EC", "crv": "a", "x": ""},
        {**RSA, "n": "!"},
        {**RSA, "n": "A"},
        {**RSA, "kid": 5},
        {**RSA, "alg": []},
        {**RSA, "key_ops": "sign"},
        {**RSA, "key_ops": [1]},
        {**RSA, "x5c": ["AQAB"]},
        {**RSA, "x5c": "a"},
        {**RSA, "x5c": [""]},
        {**RSA, "d": "!"},
        {"kty": "oct"},
        {**RSA, "D": "AQ"},
        {**RSA, "Kty": "oct"},
        {**RSA, "d": "AQ", "p": "!"},
        {**RSA, "x5t": 5},
    ],
)
def test_what_is_no_key_set_is_refused(value: Any) -> None:
    assert key_set(json.dumps(value))[0]


@pytest.mark.parametrize("text", ["", "{", "x", '{"keys": [NaN]}', "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    assert key_set(text)[0]


def test_what_stands_behind_the_set_is_ignored() -> None:
    assert key_set(' {"keys": []} rest') == ("", [])


def test_a_key_may_carry_its_certificates() -> None:
    assert key_set(json.dumps({**RSA, "x5c": [certificate()]})) == ("", [])
