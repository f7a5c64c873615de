"""Defects D30 to D37 of the original getmesh: gen-ca and the installation of itself. Each number is one test."""

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from getmesh.ca import pem
from tests.cli.test_ca import COURSE, ROOT
from tests.fakes import google_cas
from tests.fakes.authorities import make
from tests.fakes.mesh_owner import MeshOwner

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
SCRIPT = Path(__file__).resolve().parents[3] / "install.sh"
LOCAL = ("gen-ca", "--provider", "local", "--root-dir", "root", "--common-name", "east")


def by_google(owner: MeshOwner, fake: google_cas.FakeCas, *words: str, text: str = COURSE) -> str:
    """Issue by the configuration of a course."""
    with google_cas.served(fake) as endpoint:
        (owner.folder / "gcp.yaml").write_text(text.replace("casCAName:", f'endpoint: "{endpoint}"\n    casCAName:'))
        return owner.run("gen-ca", "--config-file", "gcp.yaml", *words).stdout


def test_d30_a_replacement_that_fails_leaves_the_mesh_its_ca(rooted: MeshOwner) -> None:
    rooted.run(*LOCAL)
    first = rooted.bundle()
    again = (*LOCAL, "--override-existing-ca-cert-secret")
    rooted.api.fault = lambda method, path: "500" if (method, path[-8:]) == ("PUT", "/cacerts") else ""
    rooted.run(*again, code=4)
    assert rooted.bundle() == first
    rooted.api.fault = lambda *_: ""
    rooted.run(*again)
    assert rooted.bundle() != first
    rooted.run("ca", "restore")
    assert rooted.bundle() == first, "what was replaced was kept"


def test_d31_a_key_lies_only_where_it_was_asked_for_and_only_its_owner_reads_it(rooted: MeshOwner) -> None:
    rooted.run(*LOCAL)
    home = rooted.folder / "home"
    texts = [path.read_text() for path in home.rglob("*") if path.is_file()]
    assert not any("PRIVATE KEY" in text for text in texts)
    rooted.run(*LOCAL, "--secret-file-path", "ca.yaml", "--istio-ca-namespace", "mesh")
    file = rooted.folder / "ca.yaml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "namespace: mesh" in file.read_text()


def test_d32_rights_are_asked_before_anything_is_issued(rooted: MeshOwner) -> None:
    rooted.api.denied.add(("create", "secrets"))
    assert "you may not create" in rooted.run(*LOCAL, code=4).stderr
    assert not (rooted.folder / "root" / "issued.jsonl").exists()
    rooted.run(*LOCAL, "--secret-file-path", "ca.yaml")
    assert rooted.api.secret("cacerts") is None, "a file means the file, and is said to"
    assert "manifest" in rooted.run("gen-ca", "--help").stdout


def test_d33_google_is_asked_for_days_and_for_a_mesh_ca_alone(owner: MeshOwner) -> None:
    fake = google_cas.FakeCas(make("subordinate", ROOT, days=4000), ROOT)
    by_google(owner, fake, "--validity-days", "3650")
    request = fake.requests[0]
    assert request.certificate.lifetime.days == 3650
    usage = request.certificate.config.x509_config.key_usage.extended_key_usage
    assert (usage.code_signing, usage.email_protection) == (False, False)
    assert owner.bundle().roots == [ROOT.certificate], "the top of the chain, not its first certificate"
    assert owner.bundle().signer is not None
    text = COURSE.replace('organization: ["Istio"]', 'organization: ["Istio", "Envoy, Inc."]')
    by_google(owner, fake, text=text)
    signer = owner.bundle().signer
    assert signer is not None
    assert "O=Istio" in pem.name_text(signer.subject)
    assert "O=Istio,Envoy" not in pem.name_text(signer.subject)


def test_d34_a_request_that_is_repeated_issues_once(owner: MeshOwner) -> None:
    fake = google_cas.FakeCas(make("subordinate", ROOT, days=1000), ROOT)
    fake.unavailable = 1
    by_google(owner, fake)
    assert len(fake.requests) == 2
    assert len({request.request_id for request in fake.requests}) == 1
    assert len(fake.seen) == 1


def test_d35_lists_of_the_configuration_hold_unless_a_flag_says_otherwise(owner: MeshOwner) -> None:
    fake = google_cas.FakeCas(make("subordinate", ROOT, days=1000), ROOT)
    for words, country in (((), "C=US"), (("--country", "DE"), "C=DE")):
        by_google(owner, fake, *words)
        signer = owner.bundle().signer
        assert signer is not None
        assert country in pem.name_text(signer.subject)
        assert "L=Sunnyvale" in pem.name_text(signer.subject)


def test_d36_keys_may_be_elliptic_lives_are_short_and_keys_of_the_configuration_known(rooted: MeshOwner) -> None:
    rooted.run(*LOCAL, "--key-family", "p-256")
    signer = rooted.bundle().signer
    assert signer is not None
    assert not isinstance(signer.public_key(), rsa.RSAPublicKey)
    assert (signer.not_valid_after_utc - signer.not_valid_before_utc).days <= 366
    rooted.run("ca", "verify")
    assert "Usage" in rooted.run("ca", "rotate", "--help").stdout
    (rooted.folder / "config.yaml").write_text("providerName: local\nproviderConfg: {}\n")
    assert "providerConfig" in rooted.run("gen-ca", "--config-file", "config.yaml", code=2).stderr


def test_d37_the_installer_brings_its_checksums_and_leaves_profiles_alone(tmp_path: Path) -> None:
    (tmp_path / ".profile").write_text("# mine\n")
    for words, code in ((["--dry-run"], 2), (["--dry-run", "--wheel", "https://example.com/x.whl"], 2)):
        call = ["sh", str(SCRIPT), *words]
        environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        done = subprocess.run(call, env=environ, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == code, "without a checksum of its own nothing is taken"
    assert [path.name for path in tmp_path.iterdir()] == [".profile"]
    assert (tmp_path / ".profile").read_text() == "# mine\n"
