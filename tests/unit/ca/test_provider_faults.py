"""What each issuer gets wrong or refuses comes back as a sentence that says what to do."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import grpc
import pytest
from botocore.stub import Stubber
from cryptography import x509
from google.cloud.security import privateca_v1 as pca

from getmesh.ca import pem
from getmesh.ca.issuing import token_of
from getmesh.ca.keys import family, public_pem
from getmesh.ca.order import Wish
from getmesh.ca.providers.aws import AwsIssuer
from getmesh.ca.providers.gcp import GcpIssuer
from getmesh.ca.providers.gcp_client import open_client
from getmesh.ca.providers.issuer import Request
from getmesh.ca.providers.vault import VaultIssuer
from getmesh.ca.subject import Subject, make_csr
from getmesh.errors import GetmeshError, ProviderError, UsageError
from tests.fakes import google_cas, private_ca, vault_pki
from tests.fakes.authorities import NOW, make
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
ROOT = make("root", days=3650)
MIDDLE = make("middle", ROOT, days=1800)
WISH = Wish(Subject("mesh ca"), 100, "p-256")
ARN = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/b5bb389e-9a9f-46c4-9410-6cc123805cd9"


def request_for(wish: Wish = WISH) -> Request:
    key = family(wish.family).generate()
    csr = make_csr(wish.subject, key)
    return Request(csr, public_pem(key), wish, token_of(csr, "test"))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


# AWS


def aws(**options: str) -> tuple[AwsIssuer, Any, Stubber]:
    client = boto3.client("acm-pca", region_name="us-west-2", aws_access_key_id="x", aws_secret_access_key="x")
    stubber = Stubber(client)
    stubber.activate()
    issuer = AwsIssuer({"signingCAArn": ARN, **options}, lambda _region: client, wait_seconds=0)
    return issuer, client, stubber


def about(key: str = "RSA_2048", status: str = "ACTIVE", mode: str = "GENERAL_PURPOSE") -> dict[str, Any]:
    configuration = {"KeyAlgorithm": key, "SigningAlgorithm": "SHA256WITHRSA", "Subject": {}}
    inside = {"Status": status, "UsageMode": mode, "CertificateAuthorityConfiguration": configuration}
    return {"CertificateAuthority": inside}


def chain() -> dict[str, str]:
    return {"Certificate": MIDDLE.pem.decode(), "CertificateChain": ROOT.pem.decode()}


@pytest.mark.parametrize("arn", ["", "arn:aws:acm:us-west-2:1:certificate/x", "arn:aws:acm-pca:us-west-2:1:x", "name"])
def test_what_is_no_arn_of_a_private_ca_is_refused(arn: str) -> None:
    with pytest.raises(UsageError, match="no ARN"):
        AwsIssuer({"signingCAArn": arn})


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_template_follows_the_partition(partition: str) -> None:
    issuer = AwsIssuer({"signingCAArn": ARN.replace("arn:aws:", f"arn:{partition}:")})
    assert issuer._template == f"arn:{partition}:acm-pca:::template/SubordinateCACertificate_PathLen0/V1"


def test_a_template_that_makes_no_ca_is_refused() -> None:
    with pytest.raises(UsageError, match="no subordinate CA"):
        aws(templateArn="arn:aws:acm-pca:::template/EndEntityCertificate/V1")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (about(status="DISABLED"), "DISABLED, not ACTIVE"),
        (about(mode="SHORT_LIVED_CERTIFICATE"), "short-lived"),
        (about(key="SM2"), "family SM2"),
        (about(key="ML_DSA_65"), "family ML_DSA_65"),
    ],
)
def test_a_private_ca_that_cannot_serve_is_refused_for_free(answer: dict[str, Any], said: str) -> None:
    issuer, _, stubber = aws()
    stubber.add_response("describe_certificate_authority", answer)
    with pytest.raises(ProviderError, match=said):
        issuer.preflight(WISH, NOW)
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        ("RSA_2048", "SHA256WITHRSA"),
        ("RSA_4096", "SHA512WITHRSA"),
        ("EC_prime256v1", "SHA256WITHECDSA"),
        ("EC_secp384r1", "SHA384WITHECDSA"),
    ],
)
def test_the_algorithm_follows_the_cas_own_key_and_the_token_the_request(key: str, algorithm: str) -> None:
    issuer, _, stubber = aws()
    request = request_for()
    stubber.add_response("describe_certificate_authority", about(key))
    stubber.add_response("get_certificate_authority_certificate", chain())
    expected = {
        "CertificateAuthorityArn": ARN,
        "Csr": request.csr,
        "SigningAlgorithm": algorithm,
        "IdempotencyToken": request.token,
        "TemplateArn": "arn:aws:acm-pca:::template/SubordinateCACertificate_PathLen0/V1",
        "Validity": {"Type": "DAYS", "Value": 100},
    }
    stubber.add_response("issue_certificate", {"CertificateArn": f"{ARN}/certificate/1"}, expected)
    stubber.add_client_error("get_certificate", "RequestInProgressException")
    for _ in range(2):
        stubber.add_response(
            "get_certificate", {"Certificate": MIDDLE.pem.decode(), "CertificateChain": ROOT.pem.decode()}
        )
    issuer.preflight(WISH, NOW)
    issued = issuer.issue(request)
    assert issued.reference == f"{ARN}/certificate/1"
    assert len(request.token) <= 36
    stubber.assert_no_pending_responses()


def test_an_algorithm_that_does_not_fit_is_refused() -> None:
    issuer, _, stubber = aws(signingAlgorithm="SHA256WITHRSA")
    stubber.add_response("describe_certificate_authority", about("EC_prime256v1"))
    with pytest.raises(UsageError, match="does not fit"):
        issuer.preflight(WISH, NOW)


def test_a_private_ca_whose_root_aws_does_not_know_needs_a_file(tmp_path: Path) -> None:
    issuer, _, stubber = aws()
    stubber.add_response("describe_certificate_authority", about())
    stubber.add_response("get_certificate_authority_certificate", {"Certificate": MIDDLE.pem.decode()})
    with pytest.raises(ProviderError, match="root above"):
        issuer.preflight(WISH, NOW)
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    issuer, _, stubber = aws(rootFile=str(tmp_path / "root.pem"))
    stubber.add_response("describe_certificate_authority", about())
    stubber.add_response("get_certificate_authority_certificate", {"Certificate": MIDDLE.pem.decode()})
    assert issuer.preflight(WISH, NOW).roots == (ROOT.certificate,)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ThrottlingException"])
@pytest.mark.parametrize("call", ["describe_certificate_authority", "issue_certificate", "get_certificate"])
def test_errors_of_aws_name_the_ca_and_the_reason(code: str, call: str) -> None:
    issuer, _, stubber = aws()
    calls = ["describe_certificate_authority", "issue_certificate", "get_certificate"]
    answers: list[dict[str, Any]] = [about(), {"CertificateArn": f"{ARN}/certificate/1"}]
    for name, answer in zip(calls[: calls.index(call)], answers, strict=False):
        stubber.add_response(name, answer)
    stubber.add_client_error(call, code, "no")
    with pytest.raises(ProviderError, match=re.escape(ARN)):
        issuer.issue(request_for())


def test_missing_credentials_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(ProviderError, match="credentials"):
        AwsIssuer({"signingCAArn": ARN}).preflight(WISH, NOW)


def test_an_endpoint_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in private_ca.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL_ACM_PCA", "http://127.0.0.1:9")
    with pytest.raises(ProviderError, match=r"127\.0\.0\.1:9"):
        AwsIssuer({"signingCAArn": ARN}).preflight(WISH, NOW)


# Google


def gcp(stack: ExitStack, fake: google_cas.FakeCas, name: str, **options: Any) -> GcpIssuer:
    endpoint = stack.enter_context(google_cas.served(fake))
    return GcpIssuer({"casCAName": name, **options}, lambda: open_client(endpoint), FakeClock())


LEGACY = f"{google_cas.LOCATION}/certificateAuthorities/{google_cas.CA}"


def test_a_name_without_a_pool_is_found_in_the_only_pool_that_has_it(stack: ExitStack) -> None:
    fake = google_cas.FakeCas(MIDDLE, ROOT)
    fake.authorities[f"{google_cas.LOCATION}/caPools/other"] = ["another"]
    issuer = gcp(stack, fake, LEGACY)
    terms = issuer.preflight(WISH, NOW)
    assert terms.reference == f"{google_cas.POOL}/certificateAuthorities/{google_cas.CA}"
    assert any("found in" in fact for fact in terms.facts)
    issuer.issue(request_for())
    assert fake.requests[0].issuing_certificate_authority_id == google_cas.CA


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({f"{google_cas.LOCATION}/caPools/other": [google_cas.CA]}, "several pools"),
        ({google_cas.POOL: ["another"]}, "in no pool"),
    ],
)
def test_a_name_without_a_pool_that_fits_none_or_several_is_explained(
    stack: ExitStack, change: dict[str, list[str]], said: str
) -> None:
    fake = google_cas.FakeCas(ROOT)
    fake.authorities |= change
    with pytest.raises(ProviderError, match=said) as caught:
        gcp(stack, fake, LEGACY).preflight(WISH, NOW)
    assert "caPool" in caught.value.hint


def test_without_the_right_to_list_the_pool_has_to_be_named(stack: ExitStack) -> None:
    fake = google_cas.FakeCas(ROOT)
    fake.refuse["ListCaPools"] = grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(ProviderError, match="could not be searched"):
        gcp(stack, fake, LEGACY).preflight(WISH, NOW)
    assert gcp(stack, fake, LEGACY, caPool="mesh").preflight(WISH, NOW).issuer is not None


@pytest.mark.parametrize("name", ["", "projects/p", "projects/p/locations/l/caPools", "mesh"])
def test_what_is_no_name_of_google_is_refused(stack: ExitStack, name: str) -> None:
    with pytest.raises(UsageError, match="no name of a Google CA"):
        gcp(stack, google_cas.FakeCas(ROOT), name).preflight(WISH, NOW)


def test_days_are_days_and_a_path_length_of_zero_is_sent(stack: ExitStack) -> None:
    fake = google_cas.FakeCas(ROOT)
    issued = gcp(stack, fake, google_cas.POOL).issue(request_for())
    certificate = fake.requests[0].certificate
    assert certificate.lifetime.days == 100
    options = certificate.config.x509_config.ca_options
    assert "max_issuer_path_length" in options
    usage = certificate.config.x509_config.key_usage
    assert usage.base_key_usage.cert_sign
    assert not usage.extended_key_usage.code_signing
    assert (issued.certificate.not_valid_after_utc - NOW).days == 100


def test_a_truncated_life_is_told_of(stack: ExitStack) -> None:
    short = make("short", days=20)
    issued = gcp(stack, google_cas.FakeCas(short), google_cas.POOL).issue(request_for())
    assert any("shortened" in text for text in issued.warnings)


def test_attempts_share_one_request_id(stack: ExitStack) -> None:
    fake = google_cas.FakeCas(ROOT)
    fake.unavailable = 2
    gcp(stack, fake, google_cas.POOL).issue(request_for())
    assert len(fake.requests) == 3
    assert len({request.request_id for request in fake.requests}) == 1
    fake.unavailable = 9
    with pytest.raises(ProviderError, match="ServiceUnavailable"):
        gcp(stack, fake, google_cas.POOL).issue(request_for())


def test_several_values_of_a_field_are_kept_apart(stack: ExitStack) -> None:
    subject = Subject("mesh ca", country=("US", "CA"), organization=("Istio",), serial_number="7", emails=("m@x.y",))
    fake = google_cas.FakeCas(ROOT)
    issued = gcp(stack, fake, google_cas.POOL).issue(request_for(Wish(subject, 100, "p-256")))
    assert issued.certificate.subject == subject.name()
    names = fake.requests[0].certificate.config.subject_config.subject_alt_name
    assert list(names.email_addresses) == ["m@x.y"]


def test_a_pool_that_takes_requests_only_gets_one(stack: ExitStack) -> None:
    fake = google_cas.FakeCas(ROOT)
    gcp(stack, fake, google_cas.POOL, issuanceMode="csr").issue(request_for())
    assert pca.Certificate.pb(fake.requests[0].certificate).WhichOneof("certificate_config") == "pem_csr"
    with pytest.raises(UsageError, match="issuance mode"):
        GcpIssuer({"casCAName": google_cas.POOL, "issuanceMode": "both"})


@pytest.mark.parametrize(
    "status", [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INVALID_ARGUMENT]
)
def test_refusals_of_google_come_with_a_cure(stack: ExitStack, status: grpc.StatusCode) -> None:
    fake = google_cas.FakeCas(ROOT)
    fake.refuse["CreateCertificate"] = status
    with pytest.raises(ProviderError) as caught:
        gcp(stack, fake, google_cas.POOL).issue(request_for())
    assert caught.value.hint


def test_a_disabled_ca_is_refused_and_a_hidden_one_is_warned_of(stack: ExitStack) -> None:
    fake = google_cas.FakeCas(ROOT)
    name = f"{google_cas.POOL}/certificateAuthorities/{google_cas.CA}"
    fake.refuse["GetCertificateAuthority"] = grpc.StatusCode.PERMISSION_DENIED
    assert "auditor" in gcp(stack, fake, name).preflight(WISH, NOW).warnings[0]
    fake.refuse.clear()
    fake.state = "DISABLED"
    with pytest.raises(ProviderError, match="DISABLED"):
        gcp(stack, fake, name).preflight(WISH, NOW)


def test_a_plain_endpoint_elsewhere_is_refused() -> None:
    with pytest.raises(UsageError, match="not encrypted"):
        open_client("http://example.com:80")


# Vault


def vault(stack: ExitStack, fake: vault_pki.FakeVault, token: str = vault_pki.TOKEN, **options: Any) -> VaultIssuer:
    address = stack.enter_context(vault_pki.served(fake))
    return VaultIssuer({"address": address, **options}, {"BAO_TOKEN": token})


def test_an_issuer_of_a_mount_is_addressed_by_name(stack: ExitStack) -> None:
    fake = vault_pki.FakeVault(MIDDLE, ROOT, mount="mesh/pki", name="prod")
    issuer = vault(stack, fake, mount="mesh/pki", issuer="prod", namespace="team")
    issuer.preflight(WISH, NOW)
    issued = issuer.issue(request_for())
    assert issued.certificate not in issued.others
    assert pem.is_issued_by(issued.certificate, MIDDLE.certificate)
    assert fake.calls[-1][2]["X-Vault-Namespace"] == "team"


def test_pods_and_machines_log_in_their_own_way(stack: ExitStack, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3\n")
    fake = vault_pki.FakeVault(ROOT)
    vault(stack, fake, "", auth="approle", roleId="r1", secretIdFile=str(secret)).preflight(WISH, NOW)
    vault(stack, fake, "", auth="kubernetes", role="mesh", jwtFile=str(secret), authMount="k8s").preflight(WISH, NOW)
    assert fake.logins[0] == {"path": "auth/approle/login", "role_id": "r1", "secret_id": "s3"}
    assert fake.logins[1] == {"path": "auth/k8s/login", "role": "mesh", "jwt": "s3"}


def test_a_life_that_the_server_caps_is_told_of(stack: ExitStack) -> None:
    fake = vault_pki.FakeVault(ROOT)
    fake.most_days = 30
    issued = vault(stack, fake).issue(request_for())
    assert "maxTTL" in issued.warnings[0]
    assert "shortened" in issued.warnings[1]


def test_a_policy_that_is_missing_is_spelled_out(stack: ExitStack) -> None:
    fake = vault_pki.FakeVault(ROOT)
    fake.capabilities = ["deny"]
    with pytest.raises(ProviderError, match="may not write") as caught:
        vault(stack, fake).preflight(WISH, NOW)
    assert 'path "pki/root/sign-intermediate"' in caught.value.hint


def test_a_mount_that_does_not_know_its_root_needs_a_file(stack: ExitStack, tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="root above"):
        vault(stack, vault_pki.FakeVault(MIDDLE)).preflight(WISH, NOW)
    (tmp_path / "root.pem").write_bytes(ROOT.pem)
    terms = vault(stack, vault_pki.FakeVault(MIDDLE), rootFile=str(tmp_path / "root.pem")).preflight(WISH, NOW)
    assert terms.roots == (ROOT.certificate,)


@pytest.mark.parametrize(("token", "said"), [("", "no token"), ("wrong", "forbids")])
def test_a_wrong_or_missing_token_is_said(stack: ExitStack, token: str, said: str) -> None:
    with pytest.raises(GetmeshError, match=said):
        vault(stack, vault_pki.FakeVault(ROOT), token).preflight(WISH, NOW)


def test_a_server_that_is_away_is_said() -> None:
    issuer = VaultIssuer({"address": "http://127.0.0.1:9"}, {"VAULT_TOKEN": "t"})
    with pytest.raises(ProviderError, match="no answer"):
        issuer.preflight(WISH, NOW)
    with pytest.raises(UsageError, match="no Vault server"):
        VaultIssuer({}, {})


def test_what_vault_refuses_is_repeated(stack: ExitStack) -> None:
    tight = make("tight", days=3650, length=0)
    with pytest.raises(ProviderError, match="max path length of zero"):
        vault(stack, vault_pki.FakeVault(tight)).issue(request_for())


def test_every_request_asks_for_a_ca_of_path_length_zero() -> None:
    csr = x509.load_pem_x509_csr(request_for().csr)
    assert csr.extensions.get_extension_for_class(x509.BasicConstraints).value == x509.BasicConstraints(True, 0)
    assert csr.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
