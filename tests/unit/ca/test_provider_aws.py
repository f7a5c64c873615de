"""What AWS refuses or does differently comes back as a sentence that says what to do."""

import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from getmesh.ca.providers.aws import AwsIssuer
from getmesh.errors import ProviderError, UsageError
from tests.contracts.issuer import WISH, request_for
from tests.fakes import private_ca
from tests.fakes.authorities import NOW, make

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
ROOT = make("root", days=3650)
MIDDLE = make("middle", ROOT, days=1800)
ARN = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/b5bb389e-9a9f-46c4-9410-6cc123805cd9"


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
    request = request_for(WISH)
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
        issuer.issue(request_for(WISH))


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
