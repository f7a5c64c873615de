"""One contract for all issuers, each behind its real client library and a real counterpart on loopback."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from getmesh.ca import pem
from getmesh.ca.bundle import assemble
from getmesh.ca.fitness import judge
from getmesh.ca.local_root import create_root
from getmesh.ca.problems import errors
from getmesh.ca.providers.aws import AwsIssuer
from getmesh.ca.providers.csr import CsrIssuer
from getmesh.ca.providers.gcp import GcpIssuer
from getmesh.ca.providers.local import LocalIssuer
from getmesh.ca.providers.vault import VaultIssuer
from getmesh.ca.subject import Subject
from getmesh.errors import GetmeshError
from tests.contracts.issuer import (
    MIDDLE,
    ROOT,
    TIGHT,
    IssuerContract,
    Maker,
    RemoteIssuerContract,
    Setting,
    ask,
    issue,
    request_for,
    wish,
)
from tests.fakes import google_cas, private_ca, vault_pki
from tests.fakes.authorities import NOW, Authority, sign_csr

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
PASSPHRASE = b"correct horse"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with private_ca.served() as endpoint:
        yield endpoint


def _gcp(stack: ExitStack, *chain: Authority) -> Setting:
    fake = google_cas.FakeCas(*chain)
    options = {"casCAName": f"{google_cas.POOL}/certificateAuthorities/{google_cas.CA}"}
    options["endpoint"] = stack.enter_context(google_cas.served(fake))
    return Setting(GcpIssuer(options), chain[-1].certificate, lambda: len(fake.requests))


def _vault(stack: ExitStack, *chain: Authority) -> Setting:
    fake = vault_pki.FakeVault(*chain)
    address = stack.enter_context(vault_pki.served(fake))
    issuer = VaultIssuer({"address": address}, {"VAULT_TOKEN": vault_pki.TOKEN})
    return Setting(issuer, chain[-1].certificate, lambda: len([1 for _, path, _ in fake.calls if path == fake.path]))


def _aws(moto: str, *chain: Authority) -> Setting:
    life = (chain[0].certificate.not_valid_after_utc - NOW).days
    length = 0 if chain[0] is TIGHT else 1
    arn = private_ca.make_authority(moto, *(chain[1:] if chain[0] is MIDDLE else chain), length=length, days=life)
    client = private_ca.client(moto)
    calls: list[str] = []
    client.meta.events.register("before-call.acm-pca.IssueCertificate", lambda **_: calls.append("issue"))
    issuer = AwsIssuer({"signingCAArn": arn}, lambda _region: client, wait_seconds=0.01)
    return Setting(issuer, chain[-1].certificate, lambda: len(calls))


@pytest.fixture(params=["gcp", "vault", "aws"])
def remote(request: pytest.FixtureRequest, stack: ExitStack, moto: str) -> Maker:
    makers: dict[str, Maker] = {
        "gcp": lambda *chain: _gcp(stack, *chain),
        "vault": lambda *chain: _vault(stack, *chain),
        "aws": lambda *chain: _aws(moto, *chain),
    }
    return makers[request.param]


def _local(folder: Path) -> Setting:
    root = create_root(folder / "root", Subject("local root"), PASSPHRASE, NOW)
    issuer = LocalIssuer({"rootDir": str(folder / "root")}, lambda _what: PASSPHRASE)
    log = folder / "root" / "issued.jsonl"
    return Setting(issuer, root.certificate(), lambda: len(log.read_text().splitlines()) if log.exists() else 0)


@pytest.fixture(params=["local", "gcp", "vault", "aws"])
def setting(request: pytest.FixtureRequest, stack: ExitStack, moto: str, tmp_path: Path) -> Setting:
    if request.param == "local":
        return _local(tmp_path)
    if request.param == "gcp":
        return _gcp(stack, ROOT)
    return _vault(stack, ROOT) if request.param == "vault" else _aws(moto, ROOT)


class TestIssuers(IssuerContract):
    """Each issuer keeps the contract."""


class TestRemoteIssuers(RemoteIssuerContract):
    """Each issuer that somebody else keeps does so, too."""


@pytest.mark.parametrize("provider", ["gcp", "vault"])
def test_an_answer_without_a_certificate_is_an_error(stack: ExitStack, provider: str) -> None:
    fake: Any = google_cas.FakeCas(ROOT) if provider == "gcp" else vault_pki.FakeVault(ROOT)
    fake.garbage = True
    issuer: GcpIssuer | VaultIssuer
    if provider == "gcp":
        issuer = GcpIssuer({"casCAName": google_cas.POOL, "endpoint": stack.enter_context(google_cas.served(fake))})
    else:
        issuer = VaultIssuer({"address": stack.enter_context(vault_pki.served(fake))}, {"VAULT_TOKEN": vault_pki.TOKEN})
    with pytest.raises(GetmeshError, match="no certificate"):
        issue(issuer, wish())


def test_a_local_root_needs_its_passphrase_and_keeps_to_itself(tmp_path: Path) -> None:
    _local(tmp_path)
    folder = tmp_path / "root"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {one.name: one.stat().st_mode & 0o777 for one in folder.iterdir()}["root-key.pem"] == 0o600
    assert b"ENCRYPTED" in (folder / "root-key.pem").read_bytes()
    with pytest.raises(GetmeshError, match="passphrase is wrong"):
        LocalIssuer({"rootDir": str(folder)}, lambda _what: b"wrong one").preflight(wish(), NOW)
    (folder / "root-key.pem").chmod(0o640)
    with pytest.raises(GetmeshError, match="read by others"):
        LocalIssuer({"rootDir": str(folder)}, lambda _what: PASSPHRASE).preflight(wish(), NOW)
    with pytest.raises(GetmeshError, match="holds a root already"):
        create_root(folder, Subject("again"), PASSPHRASE, NOW)


def test_what_came_back_through_files_is_matched_by_its_key(tmp_path: Path) -> None:
    request, key = ask(wish())
    certificate = sign_csr(request.csr, MIDDLE)
    signed, root = tmp_path / "signed.pem", tmp_path / "root.pem"
    signed.write_bytes(MIDDLE.pem + pem.encode([certificate]))
    root.write_bytes(ROOT.pem)
    issuer = CsrIssuer({"signedFile": str(signed), "rootFile": str(root)})
    issuer.preflight(wish(), NOW)
    issued = issuer.issue(request)
    bundle = assemble(issued.certificate, key, issued.others, issued.roots)
    assert errors(judge(bundle, NOW)) == []
    with pytest.raises(GetmeshError, match="no certificate for this key"):
        issuer.issue(request_for(wish()))


def test_every_request_asks_for_a_ca_of_path_length_zero() -> None:
    csr = x509.load_pem_x509_csr(request_for(wish()).csr)
    assert csr.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    assert csr.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
