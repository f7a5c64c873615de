"""gen-ca and ca as users run them: real processes, a real API port, real issuers on loopback."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest

from getmesh.ca import pem
from getmesh.ca.bundle import Bundle, from_data
from tests.fakes import google_cas, private_ca, vault_pki
from tests.fakes.authorities import good_bundle, make, sign_csr
from tests.fakes.rotating_mesh import Mesh
from tests.fakes.secrets_api import SecretsApi, served

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
ROOT = make("root", days=3650)
PASSPHRASE = "correct horse battery"
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
Done = subprocess.CompletedProcess[str]


class User:
    """A person with a cluster and a folder."""

    def __init__(self, folder: Path, api: SecretsApi) -> None:
        self.folder, self.api = folder, api
        keep = {key: value for key, value in os.environ.items() if not key.startswith(("GETMESH", "KUBE", "VAULT"))}
        self.environ = keep | {"GETMESH_HOME": str(folder / "home"), "KUBECONFIG": str(folder / "kubeconfig")}
        self.printed = ""

    def run(self, *arguments: str, code: int = 0, stdin: str = "", **environ: str) -> Done:
        """Run getmesh and see how it ends."""
        done = subprocess.run(
            [sys.executable, "-m", "getmesh", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self.environ | environ,
            check=False,
            timeout=120,
        )
        self.printed += done.stdout + done.stderr
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def bundle(self) -> Bundle:
        """Read the CA in the cluster."""
        found = self.api.secret("cacerts")
        assert found is not None
        return from_data({key: b64decode(text) for key, text in found["data"].items()})


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    api = SecretsApi("istio-system", "shop")
    with served(api, tmp_path / "kubeconfig"):
        person = User(tmp_path, api)
        yield person
        assert "PRIVATE KEY" not in person.printed


@pytest.fixture
def local(user: User) -> User:
    user.environ["GETMESH_CA_PASSPHRASE"] = PASSPHRASE
    user.run("ca", "init", "root", "--common-name", "Example root", "--key-family", "p-256")
    return user


def test_the_configuration_of_the_course_works_with_its_name_resolved(user: User) -> None:
    fake = google_cas.FakeCas(make("subordinate", ROOT, days=1000), ROOT)
    (user.folder / "gcp.yaml").write_text(COURSE)
    with google_cas.served(fake) as endpoint:
        text = COURSE.replace("casCAName:", f'endpoint: "{endpoint}"\n    casCAName:')
        (user.folder / "gcp.yaml").write_text(text)
        done = user.run("gen-ca", "--config-file", "gcp.yaml")
    assert "the CA was found in" in done.stdout
    bundle = user.bundle()
    assert bundle.signer is not None
    name = pem.name_text(bundle.signer.subject)
    for part in ("tetrate.example.io", "C=US", "L=Sunnyvale", "O=Istio", "OU=engineering"):
        assert part in name
    assert bundle.roots == [ROOT.certificate]
    assert fake.requests[0].certificate.lifetime.days == 365
    assert user.run("ca", "verify").stdout.endswith("fit for Istio (two workloads of it shook hands)\n")


def test_a_legacy_name_that_cannot_be_resolved_is_explained(user: User) -> None:
    fake = google_cas.FakeCas(ROOT)
    fake.authorities = {google_cas.POOL: ["another"]}
    with google_cas.served(fake) as endpoint:
        text = COURSE.replace("casCAName:", f'endpoint: "{endpoint}"\n    casCAName:')
        (user.folder / "gcp.yaml").write_text(text)
        done = user.run("gen-ca", "--config-file", "gcp.yaml", code=4)
    assert "names no pool" in done.stderr
    assert "caPool" in done.stderr
    assert user.api.secret("cacerts") is None


def test_aws_and_vault_fill_the_secret_too(user: User) -> None:
    with private_ca.served() as endpoint:
        arn = private_ca.make_authority(endpoint, ROOT)
        environ: dict[str, Any] = {"AWS_ENDPOINT_URL_ACM_PCA": endpoint, **private_ca.ENVIRONMENT}
        user.run("gen-ca", "-p", "aws", "--signing-ca", arn, "--common-name", "east", **environ)
    assert user.bundle().roots == [ROOT.certificate]
    with vault_pki.served(vault_pki.FakeVault(ROOT)) as address:
        environ = {"VAULT_ADDR": address, "VAULT_TOKEN": vault_pki.TOKEN}
        arguments = ("gen-ca", "-p", "vault", "--common-name", "west", "--override-existing-ca-cert-secret")
        document = json.loads(user.run(*arguments, "-o", "json", **environ).stdout)
    assert document["schema"] == "getmesh/gen-ca/v1"
    assert document["backup"].startswith("cacerts-backup-")
    assert document["certificates"][0]["subject"] == "CN=west"


def test_a_local_root_serves_from_the_first_ca_to_a_restored_one(local: User) -> None:
    arguments = ("gen-ca", "--provider", "local", "--root-dir", "root", "--key-family", "p-256")
    local.run(*arguments, "--common-name", "first", "--dry-run")
    assert local.api.secret("cacerts") is None
    assert "restart" in local.run(*arguments, "--common-name", "first").stdout
    first = local.bundle()
    assert "override-existing" in local.run(*arguments, "--common-name", "second", code=2).stderr
    local.run(*arguments, "--common-name", "second", "--override-existing-ca-cert-secret")
    assert local.bundle() != first
    assert "CN=second" in local.run("ca", "inspect").stdout
    local.run("ca", "restore", "--dry-run")
    assert local.bundle() != first
    local.run("ca", "restore")
    assert local.bundle() == first
    log = (local.folder / "home" / "ca" / "issued.jsonl").read_text().splitlines()
    assert len(log) == 2
    assert (local.folder / "home" / "ca" / "issued.jsonl").stat().st_mode & 0o777 == 0o600


def test_an_encrypted_file_comes_back_with_its_identity_only(local: User) -> None:
    identity = pyrage.x25519.Identity.generate()
    (local.folder / "identity").write_text(str(identity))
    arguments = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "east", "--secret-file-path", "ca.age")
    local.run(*arguments, "--encrypt-to", str(identity.to_public()), KUBECONFIG=os.devnull)
    data = (local.folder / "ca.age").read_bytes()
    assert data.startswith(b"age-encryption.org/v1")
    assert "--identity" in local.run("ca", "verify", "ca.age", code=2).stderr
    local.run("ca", "verify", "ca.age", "--identity", "identity")
    local.run("ca", "restore", "ca.age", "--identity", "identity")
    local.run("ca", "backup", "--file", "copy.age", "--encrypt-to", str(identity.to_public()))
    local.run("ca", "verify", "copy.age", "--identity", "identity")
    assert "no age recipient" in local.run("ca", "backup", "--file", "x", "--encrypt-to", "bob", code=2).stderr


def test_only_a_file_needs_no_cluster_and_is_never_overwritten(local: User) -> None:
    start = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "east")
    arguments = (*start, "--secret-file-path", "ca.yaml")
    local.run(*arguments, KUBECONFIG=os.devnull)
    before = (local.folder / "ca.yaml").read_bytes()
    assert "exists already" in local.run(*arguments, code=2).stderr
    assert (local.folder / "ca.yaml").read_bytes() == before
    local.run("ca", "verify", "-", stdin=before.decode())
    assert "lost" in local.run(*start, "--disable-secret-creation", code=2).stderr


def test_a_request_goes_out_and_its_chain_comes_back(local: User) -> None:
    arguments = ("gen-ca", "--provider", "csr", "--key-file", "key.pem")
    csr = local.run(*arguments, "--common-name", "east").stdout
    assert b"ENCRYPTED" in (local.folder / "key.pem").read_bytes()
    assert (local.folder / "key.pem").stat().st_mode & 0o777 == 0o600
    signed = pem.encode([sign_csr(csr.encode(), ROOT)]) + ROOT.pem
    (local.folder / "signed.pem").write_bytes(signed)
    local.run(*arguments, "--signed-file", "signed.pem", "--common-name", "east")
    assert local.bundle().roots == [ROOT.certificate]
    wrong = local.run(*arguments, "--signed-file", "signed.pem", code=2, GETMESH_CA_PASSPHRASE="something else")
    assert "passphrase is wrong" in wrong.stderr


def test_a_passphrase_is_asked_for_only_where_somebody_answers(user: User) -> None:
    assert "--passphrase-file" in user.run("ca", "init", "root", code=2).stderr
    (user.folder / "pass").write_text(PASSPHRASE + "\n")
    user.run("ca", "init", "root", "--passphrase-file", "pass")
    user.run("gen-ca", "-p", "local", "--root-dir", "root", "--passphrase-file", "pass", "--common-name", "x")


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
def test_a_configuration_that_does_not_fit_is_explained(user: User, text: str, said: str) -> None:
    (user.folder / "config.yaml").write_text(text)
    assert said in user.run("gen-ca", "--config-file", "config.yaml", code=2).stderr


def test_verify_exits_1_and_names_every_fault(user: User) -> None:
    folder = user.folder / "certs"
    folder.mkdir()
    for name, data in good_bundle().data().items():
        (folder / name).write_bytes(data)
    user.run("ca", "verify", "certs")
    (folder / "cert-chain.pem").write_bytes(b"")
    done = user.run("ca", "verify", "certs", "-o", "json", code=1)
    document = json.loads(done.stdout)
    assert document["fit"] is False
    assert {one["code"] for one in document["problems"]} == {"chain-empty", "handshake"}
    assert "holds no CA" in user.run("ca", "verify", "-", stdin="a: 1\n", code=2).stderr
    assert user.run("ca", "inspect", "nothing", code=4).stderr
    assert user.run("ca", "inspect", "secret", code=2).stderr


def mesh_of(user: User, *, multi_root: bool = True) -> Mesh:
    user.api.put_secret("cacerts", good_bundle("old ca", ROOT).data())
    mesh = Mesh(user.api, multi_root)
    mesh.start(3)
    return mesh


def dumps_of(user: User, mesh: Mesh) -> list[str]:
    arguments = []
    for workload in mesh.workloads:
        path = user.folder / f"{workload.name}.json"
        path.write_text(json.dumps(mesh.dump(workload.name)))
        arguments += ["--dump", f"{workload.name}={path.name}"]
    return [*arguments, "--through", "none"]


def test_status_tells_who_still_uses_the_old_ca(user: User) -> None:
    mesh = mesh_of(user)
    done = user.run("ca", "status", *dumps_of(user, mesh), "--prometheus", "ca.prom")
    assert "current" in done.stdout
    user.api.put_secret("cacerts", good_bundle("new ca", ROOT).data())
    done = user.run("ca", "status", *dumps_of(user, mesh), "-o", "json", code=1)
    document = json.loads(done.stdout)
    assert document["summary"] == {"other": 3}
    assert document["faults"] == ["3 workloads have a certificate of another CA"]
    metrics = (user.folder / "ca.prom").read_text()
    assert 'getmesh_ca_workloads{use="current"} 3' in metrics
    assert 'getmesh_ca_root_configmaps{state="current"} 2' in metrics
    assert user.run("ca", "status", "--through", "none", "--warn-days", "400", code=1).stdout.count("ends in") == 1


def test_status_is_partial_where_a_proxy_cannot_be_reached(user: User) -> None:
    mesh_of(user)
    done = user.run("ca", "status", code=3)
    assert "not seen: shop/w0" in done.stderr


def test_status_asks_the_proxies_through_istioctl(user: User) -> None:
    from tests.fakes.stores import put_build  # noqa: PLC0415 - for this one

    mesh = mesh_of(user)
    for workload in mesh.workloads:
        (user.folder / f"{workload.name}.json").write_text(json.dumps(mesh.dump(workload.name)))
    program = f'#!/bin/sh\ncat "{user.folder}/${{3%%.*}}.json"\n'.encode()
    put_build(user.folder / "home", "1.31.1-istio-v0", program)
    document = json.loads(user.run("ca", "status", "-o", "json").stdout)
    assert document["summary"] == {"current": 3}
    assert document["complete"] is True


@pytest.mark.parametrize("multi_root", [True, False])
def test_a_rotation_goes_stage_by_stage(local: User, multi_root: bool) -> None:
    mesh = mesh_of(local, multi_root=multi_root)
    issue = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "new ca", "--secret-file-path", "new.yaml")
    local.run(*issue)
    plan = local.run("ca", "rotate", "--to", "new.yaml", "--plan").stdout
    assert "new-root" in plan
    assert local.api.secret("cacerts-next") is None
    assert "Add -y" in local.run("ca", "rotate", "--to", "new.yaml", code=2).stderr
    local.run("ca", "rotate", "--to", "new.yaml", "-y")
    consent = [] if multi_root else ["--restart-istiod"]
    if not multi_root:
        assert "ISTIO_MULTIROOT_MESH" in local.run("ca", "rotate", "-y", code=2).stderr
    local.run("ca", "rotate", "-y", "--phase", "add-root", *consent)
    assert "has to wait" in local.run("ca", "rotate", "-y", *dumps_of(local, mesh), code=3).stderr
    for stage in ("switch", "drop-root", "finish"):
        mesh.reload() if multi_root else mesh.restart()
        for workload in mesh.workloads:
            mesh.renew(workload)
        done = local.run("ca", "rotate", "-y", "--phase", stage, *dumps_of(local, mesh), *consent)
        assert f"stage {stage} is done" in done.stdout
    assert "finished" in done.stdout
    assert mesh.failures == []
    assert local.bundle().signer is not None
    assert local.api.secret("cacerts-next") is None
    if not multi_root:
        deployment: Any = local.api.objects["/apis/apps/v1/namespaces/istio-system/deployments/istiod"]
        assert deployment["spec"]["template"]["metadata"]["annotations"]


def test_a_rotation_is_called_off_without_a_trace(local: User) -> None:
    mesh_of(local)
    before = local.bundle()
    local.run("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "n", "--secret-file-path", "new.yaml")
    local.run("ca", "rotate", "--to", "new.yaml", "-y")
    local.run("ca", "rotate", "-y")
    local.run("ca", "rotate", "--back", "-y")
    local.run("ca", "rotate", "--back", "-y")
    assert local.bundle() == before
    assert "no rotation" in local.run("ca", "rotate", "-y", code=2).stderr


def test_an_issuer_may_be_asked_by_the_rotation_itself(local: User) -> None:
    mesh_of(local)
    (local.folder / "c.yaml").write_text("providerName: local\nproviderConfig: {local: {rootDir: root}}\n")
    local.run("ca", "rotate", "--config-file", "c.yaml", "-y")
    assert local.api.secret("cacerts-next") is not None


def test_a_dead_cluster_or_a_missing_right_changes_nothing(local: User) -> None:
    arguments = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "east")
    local.api.denied.add(("create", "secrets"))
    assert "you may not create" in local.run(*arguments, code=4).stderr
    local.api.fault = lambda _method, path: "403" if path.endswith("secrets/cacerts") else ""
    local.run(*arguments, code=4)
    assert not (local.folder / "root" / "issued.jsonl").exists()


def test_core_dumps_are_off_while_keys_are_about() -> None:
    script = (
        "import resource; from getmesh.ca.keys import guard_process; guard_process();"
        "print(resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "(0, 0)\n"
