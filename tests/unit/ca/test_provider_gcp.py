"""What Google refuses or does differently comes back as a sentence that says what to do."""

from contextlib import ExitStack
from typing import Any

import grpc
import pytest
from google.cloud.security import privateca_v1 as pca

from getmesh.ca.order import Wish
from getmesh.ca.providers.gcp import GcpIssuer
from getmesh.ca.providers.gcp_client import open_client
from getmesh.ca.subject import Subject
from getmesh.errors import ProviderError, UsageError
from tests.contracts.issuer import WISH, request_for
from tests.fakes import google_cas
from tests.fakes.authorities import NOW, make
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
ROOT = make("root", days=3650)
MIDDLE = make("middle", ROOT, days=1800)


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
    issuer.issue(request_for(WISH))
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
    issued = gcp(stack, fake, google_cas.POOL).issue(request_for(WISH))
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
    issued = gcp(stack, google_cas.FakeCas(short), google_cas.POOL).issue(request_for(WISH))
    assert any("shortened" in text for text in issued.warnings)


def test_attempts_share_one_request_id(stack: ExitStack) -> None:
    fake = google_cas.FakeCas(ROOT)
    fake.unavailable = 2
    gcp(stack, fake, google_cas.POOL).issue(request_for(WISH))
    assert len(fake.requests) == 3
    assert len({request.request_id for request in fake.requests}) == 1
    fake.unavailable = 9
    with pytest.raises(ProviderError, match="ServiceUnavailable"):
        gcp(stack, fake, google_cas.POOL).issue(request_for(WISH))


def test_several_values_of_a_field_are_kept_apart(stack: ExitStack) -> None:
    subject = Subject("mesh ca", country=("US", "CA"), organization=("Istio",), serial_number="7", emails=("m@x.y",))
    fake = google_cas.FakeCas(ROOT)
    issued = gcp(stack, fake, google_cas.POOL).issue(request_for(Wish(subject, 100, "p-256")))
    assert issued.certificate.subject == subject.name()
    names = fake.requests[0].certificate.config.subject_config.subject_alt_name
    assert list(names.email_addresses) == ["m@x.y"]


def test_a_pool_that_takes_requests_only_gets_one(stack: ExitStack) -> None:
    fake = google_cas.FakeCas(ROOT)
    gcp(stack, fake, google_cas.POOL, issuanceMode="csr").issue(request_for(WISH))
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
        gcp(stack, fake, google_cas.POOL).issue(request_for(WISH))
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
