"""gen-ca and ca as users run them: real processes, a real API port, real issuers on loopback."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from itertools import count
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from getmesh.ca import pem
from tests.fakes import google_cas, private_ca, vault_pki
from tests.fakes.authorities import good_bundle, make, sign_csr
from tests.fakes.mesh_owner import PASSPHRASE, MeshOwner

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
ROOT = make("root", days=3650)
COURSE = f"""
providerName: "gcp"
providerConfig:
  gcp:
    casCAName: "{google_cas.LOCATION}/certificateAuthorities/{google_cas.CA}"
certificateParameters:
  secretOptions:
    istioCANamespace: "istio-system"
    overrideExistingCACertsSecret: true
  caOptions:
    validityDays: 365
    keyLength: 2048
    certSigningRequestParams:
      subject:
        commonname: "tetrate.example.io"
        country: ["US"]
        locality: ["Sunnyvale"]
        organization: ["Istio"]
        organizationunit: ["engineering"]
      emailaddresses: ["mesh@example.io"]
"""


def test_the_configuration_of_the_course_works_with_its_name_resolved(owner: MeshOwner) -> None:
    fake = google_cas.FakeCas(make("subordinate", ROOT, days=1000), ROOT)
    (owner.folder / "gcp.yaml").write_text(COURSE)
    with google_cas.served(fake) as endpoint:
        text = COURSE.replace("casCAName:", f'endpoint: "{endpoint}"\n    casCAName:')
        (owner.folder / "gcp.yaml").write_text(text)
        done = owner.run("gen-ca", "--config-file", "gcp.yaml")
    assert "the CA was found in" in done.stdout
    bundle = owner.bundle()
    assert bundle.signer is not None
    name = pem.name_text(bundle.signer.subject)
    for part in ("tetrate.example.io", "C=US", "L=Sunnyvale", "O=Istio", "OU=engineering"):
        assert part in name
    assert bundle.roots == [ROOT.certificate]
    assert fake.requests[0].certificate.lifetime.days == 365
    assert owner.run("ca", "verify").stdout.endswith("fit for Istio (two workloads of it shook hands)\n")


def test_a_legacy_name_that_cannot_be_resolved_is_explained(owner: MeshOwner) -> None:
    fake = google_cas.FakeCas(ROOT)
    fake.authorities = {google_cas.POOL: ["another"]}
    with google_cas.served(fake) as endpoint:
        text = COURSE.replace("casCAName:", f'endpoint: "{endpoint}"\n    casCAName:')
        (owner.folder / "gcp.yaml").write_text(text)
        done = owner.run("gen-ca", "--config-file", "gcp.yaml", code=4)
    assert "names no pool" in done.stderr
    assert "caPool" in done.stderr
    assert owner.api.secret("cacerts") is None


def test_aws_and_vault_fill_the_secret_too(owner: MeshOwner) -> None:
    with private_ca.served() as endpoint:
        arn = private_ca.make_authority(endpoint, ROOT)
        environ: dict[str, Any] = {"AWS_ENDPOINT_URL_ACM_PCA": endpoint, **private_ca.ENVIRONMENT}
        owner.run("gen-ca", "-p", "aws", "--signing-ca", arn, "--common-name", "east", **environ)
    assert owner.bundle().roots == [ROOT.certificate]
    with vault_pki.served(vault_pki.FakeVault(ROOT)) as address:
        environ = {"VAULT_ADDR": address, "VAULT_TOKEN": vault_pki.TOKEN}
        arguments = ("gen-ca", "-p", "vault", "--common-name", "west", "--override-existing-ca-cert-secret")
        document = json.loads(owner.run(*arguments, "-o", "json", **environ).stdout)
    assert document["schema"] == "getmesh/gen-ca/v1"
    assert document["backup"].startswith("cacerts-backup-")
    assert document["certificates"][0]["subject"] == "CN=west"


def test_a_local_root_serves_from_the_first_ca_to_a_restored_one(rooted: MeshOwner) -> None:
    arguments = ("gen-ca", "--provider", "local", "--root-dir", "root", "--key-family", "p-256")
    rooted.run(*arguments, "--common-name", "first", "--dry-run")
    assert rooted.api.secret("cacerts") is None
    assert "restart" in rooted.run(*arguments, "--common-name", "first").stdout
    first = rooted.bundle()
    assert "override-existing" in rooted.run(*arguments, "--common-name", "second", code=2).stderr
    rooted.run(*arguments, "--common-name", "second", "--override-existing-ca-cert-secret")
    assert rooted.bundle() != first
    assert "CN=second" in rooted.run("ca", "inspect").stdout
    rooted.run("ca", "restore", "--dry-run")
    assert rooted.bundle() != first
    rooted.run("ca", "restore")
    assert rooted.bundle() == first
    log = (rooted.folder / "home" / "ca" / "issued.jsonl").read_text().splitlines()
    assert len(log) == 2
    assert (rooted.folder / "home" / "ca" / "issued.jsonl").stat().st_mode & 0o777 == 0o600


def test_an_encrypted_file_comes_back_with_its_identity_only(rooted: MeshOwner) -> None:
    identity = pyrage.x25519.Identity.generate()
    (rooted.folder / "identity").write_text(str(identity))
    arguments = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "east", "--secret-file-path", "ca.age")
    rooted.run(*arguments, "--encrypt-to", str(identity.to_public()), KUBECONFIG=os.devnull)
    data = (rooted.folder / "ca.age").read_bytes()
    assert data.startswith(b"age-encryption.org/v1")
    assert "--identity" in rooted.run("ca", "verify", "ca.age", code=2).stderr
    rooted.run("ca", "verify", "ca.age", "--identity", "identity")
    rooted.run("ca", "restore", "ca.age", "--identity", "identity")
    rooted.run("ca", "backup", "--file", "copy.age", "--encrypt-to", str(identity.to_public()))
    rooted.run("ca", "verify", "copy.age", "--identity", "identity")
    assert "no file to encrypt" in rooted.run("ca", "backup", "--encrypt-to", "age1", code=2).stderr
    assert "no age recipient" in rooted.run("ca", "backup", "--file", "x", "--encrypt-to", "bob", code=2).stderr


def test_only_a_file_needs_no_cluster_and_is_never_overwritten(rooted: MeshOwner) -> None:
    start = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "east")
    arguments = (*start, "--secret-file-path", "ca.yaml")
    rooted.run(*arguments, KUBECONFIG=os.devnull)
    before = (rooted.folder / "ca.yaml").read_bytes()
    assert "exists already" in rooted.run(*arguments, code=2).stderr
    assert (rooted.folder / "ca.yaml").read_bytes() == before
    rooted.run("ca", "verify", "-", stdin=before.decode())
    assert "lost" in rooted.run(*start, "--disable-secret-creation", code=2).stderr


def test_a_request_goes_out_and_its_chain_comes_back(rooted: MeshOwner) -> None:
    arguments = ("gen-ca", "--provider", "csr", "--key-file", "key.pem")
    csr = rooted.run(*arguments, "--common-name", "east").stdout
    assert b"ENCRYPTED" in (rooted.folder / "key.pem").read_bytes()
    assert (rooted.folder / "key.pem").stat().st_mode & 0o777 == 0o600
    signed = pem.encode([sign_csr(csr.encode(), ROOT)]) + ROOT.pem
    (rooted.folder / "signed.pem").write_bytes(signed)
    rooted.run(*arguments, "--signed-file", "signed.pem", "--common-name", "east")
    assert rooted.bundle().roots == [ROOT.certificate]
    wrong = rooted.run(*arguments, "--signed-file", "signed.pem", code=2, GETMESH_CA_PASSPHRASE="something else")
    assert "passphrase is wrong" in wrong.stderr


def test_a_passphrase_is_asked_for_only_where_somebody_answers(owner: MeshOwner) -> None:
    assert "--passphrase-file" in owner.run("ca", "init", "root", code=2).stderr
    (owner.folder / "pass").write_text(PASSPHRASE + "\n")
    owner.run("ca", "init", "root", "--passphrase-file", "pass")
    owner.run("gen-ca", "-p", "local", "--root-dir", "root", "--passphrase-file", "pass", "--common-name", "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("providerName: gcpp", "Did you mean 'gcp'"),
        ("providerName: gcp\nproviderConfg: {}", "did you mean 'providerConfig'"),
        ("- a list", "no map of keys"),
        ("providerName: [", "line"),
        ("providerName: aws\nproviderConfig: {aws: {signingCAArn: x}}", "no ARN"),
        ("providerName: local\ncertificateParameters: {caOptions: {keyLength: 20}}", "too short"),
        ("providerName: local\ncertificateParameters: {caOptions: {validityDays: many}}", "a whole number"),
    ],
)
def test_a_configuration_that_does_not_fit_is_explained(owner: MeshOwner, text: str, said: str) -> None:
    (owner.folder / "config.yaml").write_text(text)
    assert said in owner.run("gen-ca", "--config-file", "config.yaml", code=2).stderr


def test_verify_exits_1_and_names_every_fault(owner: MeshOwner) -> None:
    folder = owner.folder / "certs"
    folder.mkdir()
    for name, data in good_bundle().data().items():
        (folder / name).write_bytes(data)
    owner.run("ca", "verify", "certs")
    (folder / "cert-chain.pem").write_bytes(b"")
    done = owner.run("ca", "verify", "certs", "-o", "json", code=1)
    document = json.loads(done.stdout)
    assert document["fit"] is False
    assert {one["code"] for one in document["problems"]} == {"chain-empty", "handshake"}
    assert "holds no CA" in owner.run("ca", "verify", "-", stdin="a: 1\n", code=2).stderr
    assert owner.run("ca", "inspect", "nothing", code=4).stderr
    assert owner.run("ca", "inspect", "secret", code=2).stderr


def test_a_dead_cluster_or_a_missing_right_changes_nothing(rooted: MeshOwner) -> None:
    arguments = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "east")
    rooted.api.denied.add(("create", "secrets"))
    assert "you may not create" in rooted.run(*arguments, code=4).stderr
    rooted.api.fault = lambda _method, path: "403" if path.endswith("secrets/cacerts") else ""
    rooted.run(*arguments, code=4)
    assert not (rooted.folder / "root" / "issued.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "holds no CA"),
        (b"x: \xff\n", "source is no manifest: line 1: not UTF-8"),
        (b"a: [", "source is no manifest: line 1"),
        (b"0\x82\x01\x00junk", "neither text nor a certificate"),
        (b"kind: Secret\nmetadata: [1]\ndata: [1]\n", "metadata and data of the Secret should hold keys"),
        (b"kind: Secret\ndata: {ca-cert.pem: x}\n", "ca-cert.pem is not base64"),
        (b"kind: Secret\ndata: {ca-cert.pem: eA==}\n", "none of its certificates can be read"),
    ],
)
def test_what_holds_no_ca_is_said_with_its_name(owner: MeshOwner, text: bytes, said: str) -> None:
    (owner.folder / "source").write_bytes(text)
    assert said in owner.run("ca", "inspect", "source", code=2).stderr


def test_a_certificate_is_shown_from_der_and_from_a_list_of_secrets(owner: MeshOwner) -> None:
    root = make("a root of Debian", days=900)
    (owner.folder / "root.der").write_bytes(root.certificate.public_bytes(Encoding.DER))
    assert "a root of Debian" in owner.run("ca", "inspect", "root.der").stdout
    data = {name: b64encode(text).decode() for name, text in good_bundle("listed").data().items()}
    other = {"kind": "ConfigMap", "data": {"x": "y"}}
    listed = {"kind": "List", "items": [other, {"kind": "Secret", "metadata": {"name": "cacerts"}, "data": data}]}
    (owner.folder / "list.json").write_text(json.dumps(listed))
    assert "fit for Istio" in owner.run("ca", "verify", "list.json").stdout


def test_what_the_cluster_does_not_take_is_kept_on_request_and_brought_in_later(rooted: MeshOwner) -> None:
    arguments = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "east")
    calls = count()  # of each run the first one asks whether the Secret would be taken

    def refuse(method: str, path: str) -> str:
        return "500" if method == "POST" and path.endswith("/secrets") and next(calls) % 2 else ""

    rooted.api.fault = refuse
    assert "is gone" in rooted.run(*arguments, code=4).stderr
    done = rooted.run(*arguments, "--rescue-file", "kept.yaml", code=4)
    assert "getmesh ca restore" in done.stderr
    log = (rooted.folder / "home" / "ca" / "issued.jsonl").read_text().splitlines()
    assert [json.loads(line)["written"] for line in log] == [False, False]
    rooted.api.fault = lambda _method, _path: ""
    rooted.run("ca", "restore", "kept.yaml")
    assert "CN=east" in rooted.run("ca", "inspect").stdout


def test_core_dumps_are_off_while_keys_are_about() -> None:
    script = (
        "import resource; from getmesh.ca.keys import guard_process; guard_process();"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "(0, 0)\n"
