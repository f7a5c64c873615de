"""Every key of the original is read, in every spelling; everything else is an error with a cure."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from getmesh.ca.config import read_order
from getmesh.errors import UsageError

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "ca"
REQUEST = "providerName: local\ncertificateParameters: {caOptions: {certSigningRequestParams: "
_REQUEST = ("certificateParameters", "caOptions", "certSigningRequestParams")


def order(text: str, overrides: dict[tuple[str, ...], Any] | None = None) -> Any:
    return read_order(yaml.safe_load(text), overrides or {})


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"providerName": "local"}
    inside = found
    for key in path[:-1]:
        inside = inside.setdefault(key, {})
    inside[path[-1]] = value
    return found


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_examples_are_read(path: Path) -> None:
    found = order(path.read_text())
    assert found.provider == path.stem
    assert found.warnings == ()


@pytest.mark.parametrize("key", ["organizationunit", "organizationalunit", "organizationalUnit", "organizational_unit"])
def test_spellings_of_a_key_mean_the_same(key: str) -> None:
    found = read_order(nested((*_REQUEST, "subject", key), ["mesh"]), {})
    assert found.wish.subject.unit == ("mesh",)


@pytest.mark.parametrize(
    ("key", "field", "value"),
    [
        ("dnsnames", "dns", ["a.b"]),
        ("dnsNames", "dns", ["a.b"]),
        ("emailaddresses", "emails", ["a@b.c"]),
        ("ipaddresses", "ips", ["10.0.0.1"]),
        ("uris", "uris", ["spiffe://a/b"]),
    ],
)
def test_names_of_a_request_reach_the_subject(key: str, field: str, value: list[str]) -> None:
    found = read_order(nested((*_REQUEST, key), value), {})
    assert getattr(found.wish.subject, field) == tuple(value)
    assert found.wish.subject.alternative_names() is not None


def test_a_single_text_may_stand_for_a_list_and_a_number_may_be_quoted() -> None:
    found = read_order(nested((*_REQUEST, "subject", "country"), "US"), {})
    assert found.wish.subject.country == ("US",)
    assert read_order(nested(("certificateParameters", "caOptions", "validityDays"), "90"), {}).wish.days == 90
    assert read_order(nested(("disableSecretCreation",), "false"), {}).to_secret


@pytest.mark.parametrize("key", ["raw", "rawsubject", "version", "publickey", "extraextensions", "signatureAlgorithm"])
def test_keys_without_a_meaning_are_passed_over_with_a_warning(key: str) -> None:
    assert key in read_order(nested((*_REQUEST, key), []), {}).warnings[0]


def test_flags_win_only_where_they_are_given() -> None:
    text = (
        "providerName: gcp\ndisableSecretCreation: true\ncertificateParameters:\n"
        "  secretOptions: {secretFilePath: a.yaml}\n"
        "  caOptions: {certSigningRequestParams: {subject: {country: [DE], commonname: file}}}\n"
    )
    plain = order(text)
    assert (plain.provider, plain.to_secret, plain.wish.subject.country) == ("gcp", False, ("DE",))
    flags: dict[tuple[str, ...], Any] = {
        ("providerName",): "vault",
        ("disableSecretCreation",): False,
        (*_REQUEST, "subject", "commonName"): "flag",
    }
    changed = order(text, flags)
    assert (changed.provider, changed.wish.subject.common_name) == ("vault", "flag")
    assert changed.wish.subject.country == ("DE",)


def test_all_faults_are_said_at_once() -> None:
    text = "providerName: gcp\nprovidrConfig: {}\ndisableSecretCreation: maybe\ncertificateParameters: 7\n"
    with pytest.raises(UsageError) as caught:
        order(text)
    for said in ("providerConfig", "disableSecretCreation", "certificateParameters"):
        assert said in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "providerName: GCPP",
        "providerName: local\ncertificateParameters: {caOptions: {keyLength: 1024}}",
        "providerName: local\ncertificateParameters: {caOptions: {keyLength: 2049}}",
        "providerName: local\ncertificateParameters: {caOptions: {validityDays: 0}}",
        "providerName: local\ncertificateParameters: {caOptions: {validityDays: true}}",
        "providerName: local\ncertificateParameters: {caOptions: {keyFamily: ed25519}}",
        "providerName: local\ndisableSecretCreation: true",
        REQUEST + "{subject: {country: USA}}}}",
        REQUEST + "{ipaddresses: [a]}}}",
    ],
)
def test_what_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        order(text)


def test_a_home_folder_is_understood_and_two_cas_never_share_a_name() -> None:
    found = read_order(nested(("certificateParameters", "secretOptions", "secretFilePath"), "~/ca.yaml"), {})
    assert found.file == str(Path.home() / "ca.yaml")
    other = order("providerName: local")
    assert found.wish.subject.common_name != other.wish.subject.common_name
