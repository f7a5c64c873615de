"""One contract for all issuers, each behind its real client library and a real counterpart on loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle, assemble
from getmesh.ca.fitness import judge
from getmesh.ca.issuing import token_of
from getmesh.ca.keys import family, private_pem, public_pem
from getmesh.ca.local_root import create_root
from getmesh.ca.order import Wish
from getmesh.ca.problems import errors
from getmesh.ca.providers.aws import AwsIssuer
from getmesh.ca.providers.csr import CsrIssuer
from getmesh.ca.providers.gcp import GcpIssuer
from getmesh.ca.providers.issuer import Issuer, Request
from getmesh.ca.providers.local import LocalIssuer
from getmesh.ca.providers.vault import VaultIssuer
from getmesh.ca.subject import Subject, make_csr
from getmesh.errors import GetmeshError, ProviderError
from tests.fakes import google_cas, private_ca, vault_pki
from tests.fakes.authorities import NOW, Authority, make, sign_csr

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
PASSPHRASE = b"correct horse"
ROOT = make("root", days=3650)
MIDDLE = make("middle", ROOT, days=1800)
SHORT = make("short", days=200)
TIGHT = make("tight", days=3650, length=0)


class Setting(NamedTuple):
    """An issuer, the root above it, and a look at how often it has issued."""

    issuer: Issuer
    root: x509.Certificate
    issued: Callable[[], int]


Maker = Callable[..., Setting]


def request_for(wish: Wish, reference: str = "") -> tuple[Request, bytes]:
    key = family(wish.family).generate()
    csr = make_csr(wish.subject, key)
    return Request(csr, public_pem(key), wish, token_of(csr, reference)), private_pem(key)


def wish(name: str = "mesh ca", days: int = 100, key: str = "p-256", **fields: Any) -> Wish:
    return Wish(Subject(name, **fields), days, key)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with private_ca.served() as endpoint:
        yield endpoint


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


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


def issue(issuer: Issuer, wanted: Wish) -> Bundle:
    terms = issuer.preflight(wanted, NOW)
    request, key = request_for(wanted, terms.reference)
    issued = issuer.issue(request)
    return assemble(issued.certificate, key, issued.others, issued.roots or list(terms.roots))


def soon() -> datetime:
    """Give a moment at which a certificate made just now counts, whatever was rounded."""
    return datetime.now(UTC) + timedelta(seconds=2)


@pytest.mark.parametrize("key", ["p-256", "rsa-2048"])
def test_what_it_issues_is_fit_for_a_mesh(setting: Setting, key: str) -> None:
    bundle = issue(setting.issuer, wish(key=key))
    assert errors(judge(bundle, soon())) == []
    assert bundle.roots == [setting.root]
    signer = bundle.signer
    assert signer is not None
    assert signer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert "mesh ca" in pem.name_text(signer.subject)


def test_a_preflight_costs_nothing_and_knows_the_issuer(setting: Setting) -> None:
    terms = setting.issuer.preflight(wish(), NOW)
    assert terms.issuer is not None
    assert setting.root in terms.roots
    assert setting.issued() == 0
    issue(setting.issuer, wish())
    assert setting.issued() == 1


def test_a_ca_below_an_intermediate_gets_the_whole_chain(remote: Maker) -> None:
    bundle = issue(remote(MIDDLE, ROOT).issuer, wish())
    assert errors(judge(bundle, soon())) == []
    assert len(bundle.between) >= 2
    assert bundle.roots == [ROOT.certificate]


def test_an_issuer_without_room_below_is_refused_for_free(remote: Maker) -> None:
    setting = remote(TIGHT)
    with pytest.raises(ProviderError, match="path length 0"):
        setting.issuer.preflight(wish(), NOW)
    assert setting.issued() == 0


def test_an_issuer_that_ends_early_is_told_of(remote: Maker) -> None:
    terms = remote(SHORT).issuer.preflight(wish(days=300), NOW)
    assert any("before the 300 days" in text for text in terms.warnings)


def test_the_issuers_own_name_is_refused(setting: Setting) -> None:
    terms = setting.issuer.preflight(wish(), NOW)
    assert terms.issuer is not None
    same = str(terms.issuer.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
    with pytest.raises(ProviderError, match="very name"):
        setting.issuer.preflight(wish(same), NOW)
    assert setting.issued() == 0


@pytest.mark.parametrize("provider", ["gcp", "vault"])
def test_an_answer_without_a_certificate_is_an_error(stack: ExitStack, provider: str) -> None:
    fake: Any = google_cas.FakeCas(ROOT) if provider == "gcp" else vault_pki.FakeVault(ROOT)
    fake.garbage = True
    issuer: Issuer
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
    request, key = request_for(wish())
    certificate = sign_csr(request.csr, MIDDLE)
    signed, root = tmp_path / "signed.pem", tmp_path / "root.pem"
    signed.write_bytes(MIDDLE.pem + pem.encode([certificate]))
    root.write_bytes(ROOT.pem)
    issuer = CsrIssuer({"signedFile": str(signed), "rootFile": str(root)})
    issuer.preflight(wish(), NOW)
    issued = issuer.issue(request)
    bundle = assemble(issued.certificate, key, issued.others, issued.roots)
    assert errors(judge(bundle, NOW)) == []
    other, _ = request_for(wish())
    with pytest.raises(GetmeshError, match="no certificate for this key"):
        issuer.issue(other)
