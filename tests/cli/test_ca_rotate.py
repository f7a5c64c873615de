"""ca rotate as users run it, stage by stage, over a real API port."""

import json
from itertools import count
from typing import Any

import pyrage
import pytest
import yaml

from tests.fakes.authorities import good_bundle, make
from tests.fakes.mesh_owner import MeshOwner
from tests.fakes.rotating_mesh import Mesh

OLD = good_bundle("old ca")
LOCAL = "providerName: local\nproviderConfig: {local: {rootDir: root}}\n"


@pytest.mark.parametrize("multi_root", [True, False])
def test_a_rotation_goes_stage_by_stage(rooted: MeshOwner, multi_root: bool) -> None:
    mesh = rooted.start_mesh(OLD, multi_root=multi_root)
    issue = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "new ca", "--secret-file-path", "new.yaml")
    rooted.run(*issue)
    assert "Add -y" in rooted.run("ca", "rotate", "--to", "new.yaml", code=2).stderr
    rooted.run("ca", "rotate", "--to", "new.yaml", "-y")
    before = rooted.bundle()
    assert "1. add-root   next" in rooted.run("ca", "rotate", "--to", "new.yaml", "-y").stdout
    assert rooted.bundle() == before
    consent = [] if multi_root else ["--restart-istiod"]
    if not multi_root:
        assert "ISTIO_MULTIROOT_MESH" in rooted.run("ca", "rotate", "-y", code=2).stderr
    rooted.run("ca", "rotate", "-y", "--phase", "add-root", *consent)
    assert "has to wait" in rooted.run("ca", "rotate", "-y", *rooted.dumps_of(mesh), code=3).stderr
    for stage in ("switch", "drop-root", "finish"):
        mesh.reload() if multi_root else mesh.restart()
        for workload in mesh.workloads:
            mesh.renew(workload)
        done = rooted.run("ca", "rotate", "-y", "--phase", stage, *rooted.dumps_of(mesh), *consent)
        assert f"stage {stage} is done" in done.stdout
    assert "finished" in done.stdout
    assert "nothing to finish" in rooted.run("ca", "rotate", "-y", "--phase", "finish").stdout
    assert mesh.failures == []
    assert rooted.bundle().signer is not None
    assert rooted.api.secret("cacerts-next") is None
    if not multi_root:
        deployment: Any = rooted.api.objects["/apis/apps/v1/namespaces/istio-system/deployments/istiod"]
        assert deployment["spec"]["template"]["metadata"]["annotations"]


def test_a_rotation_is_called_off_without_a_trace(rooted: MeshOwner) -> None:
    mesh = rooted.start_mesh(OLD)
    before = rooted.bundle()
    rooted.run("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "n", "--secret-file-path", "new.yaml")
    rooted.run("ca", "rotate", "--to", "new.yaml", "-y")
    rooted.run("ca", "rotate", "-y")
    back = ("ca", "rotate", "--back", "-y", *rooted.dumps_of(mesh))
    assert "stage add-root is undone" in rooted.run(*back, "--phase", "add-root").stdout
    assert "nothing to undo" in rooted.run(*back, "--phase", "add-root").stdout
    assert rooted.api.secret("cacerts-next") is not None
    rooted.run(*back)
    assert rooted.bundle() == before
    assert "no rotation" in rooted.run("ca", "rotate", "-y", code=2).stderr


def test_a_plan_says_what_every_stage_touches_as_exactly_as_the_new_ca_is_known(rooted: MeshOwner) -> None:
    rooted.start_mesh(OLD)
    before = dict(rooted.api.objects)
    both = rooted.run("ca", "rotate", "--plan").stdout
    assert "(same-root)" in both
    assert "(new-root)" in both
    assert "root-cert.pem gets the new root" in both
    (rooted.folder / "c.yaml").write_text(LOCAL)
    promised = rooted.run("ca", "rotate", "--plan", "--config-file", "c.yaml").stdout
    assert "(same-root)" not in promised
    assert "root-cert.pem gets CN=Example root (" in promised
    assert not (rooted.folder / "root" / "issued.jsonl").exists()
    rooted.run("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "n", "--secret-file-path", "new.yaml")
    exact = rooted.run("ca", "rotate", "--plan", "--to", "new.yaml").stdout
    for text in (
        "to CN=n (",
        "become those of CN=n (",
        "loses CN=root (",
        "waits until every workload trusts both roots",
    ):
        assert text in exact
    assert rooted.api.objects == before


def test_a_mesh_leaves_istiods_own_ca_and_returns_to_it(rooted: MeshOwner) -> None:
    own = make("istiod's own", days=3650)
    rooted.api.put_secret("istio-ca-secret", {"ca-cert.pem": own.pem, "ca-key.pem": own.key_pem})
    mesh = Mesh(rooted.api, multi_root=True)
    mesh.start(2)
    rooted.run("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "n", "--secret-file-path", "new.yaml")
    plan = rooted.run("ca", "rotate", "--plan").stdout
    assert "Deployment istiod is restarted, with --restart-istiod" in plan
    assert "1. begin" in plan
    assert "2. adopt" in plan
    rooted.run("ca", "rotate", "--to", "new.yaml", "-y")
    assert "needs a restart" in rooted.run("ca", "rotate", "-y", code=2).stderr
    assert "restarting: istiod" in rooted.run("ca", "rotate", "-y", "--restart-istiod").stdout
    mesh.restart()
    assert rooted.bundle().signer == own.certificate
    assert "needs a restart" in rooted.run("ca", "rotate", "-y", "--back", code=2).stderr
    back = ("ca", "rotate", "-y", "--back", "--restart-istiod", *rooted.dumps_of(mesh))
    assert "stage adopt is undone" in rooted.run(*back).stdout
    assert rooted.api.secret("cacerts") is None
    assert "called off" in rooted.run(*back).stdout
    assert rooted.api.names() == ["istio-ca-secret"]


def test_an_issuer_may_be_asked_by_the_rotation_itself(rooted: MeshOwner) -> None:
    rooted.start_mesh(OLD)
    (rooted.folder / "c.yaml").write_text(LOCAL)
    rooted.run("ca", "rotate", "--config-file", "c.yaml", "-y")
    assert rooted.api.secret("cacerts-next") is not None
    log = rooted.folder / "root" / "issued.jsonl"
    assert len(log.read_text().splitlines()) == 1
    issued = json.loads((rooted.folder / "home" / "ca" / "issued.jsonl").read_text())
    assert (issued["provider"], issued["written"]) == ("local", True)
    assert "nothing was issued" in rooted.run("ca", "rotate", "--config-file", "c.yaml", "-y", code=2).stderr
    assert "begin a rotation" in rooted.run("ca", "rotate", "--to", "c.yaml", "--back", "-y", code=2).stderr
    assert len(log.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("providerName: csr\nproviderConfig: {csr: {keyFile: key.pem}}\n", "--secret-file-path FILE"),
        (
            LOCAL + "certificateParameters: {secretOptions: {istioCANamespace: elsewhere}}\n",
            "Add -n elsewhere",
        ),
    ],
)
def test_a_configuration_that_no_rotation_can_begin_with_is_explained(rooted: MeshOwner, text: str, said: str) -> None:
    rooted.start_mesh(OLD)
    (rooted.folder / "c.yaml").write_text(text)
    assert said in rooted.run("ca", "rotate", "--config-file", "c.yaml", "-y", code=2).stderr
    assert not (rooted.folder / "root" / "issued.jsonl").exists()


def begin_where_it_is_not_taken(rooted: MeshOwner, *options: str) -> str:
    """Begin where the server would take the new CA's Secret when asked beforehand, and then does not."""
    rooted.start_mesh(OLD)
    (rooted.folder / "c.yaml").write_text(LOCAL)
    made = count()

    def refuse(method: str, path: str) -> str:
        return "503" if method == "POST" and path.endswith("/secrets") and next(made) else ""

    rooted.api.fault = refuse
    said = rooted.run("ca", "rotate", "--config-file", "c.yaml", "-y", *options, code=4).stderr
    rooted.api.fault = lambda _method, _path: ""
    assert "cacerts-next was not made" in said
    assert rooted.api.secret("cacerts-next") is None
    issued = json.loads((rooted.folder / "home" / "ca" / "issued.jsonl").read_text())
    assert issued["written"] is False
    assert issued["reference"]
    return said


def test_a_ca_that_is_issued_and_then_not_taken_is_said_to_be_lost(rooted: MeshOwner) -> None:
    before = {one.name for one in rooted.folder.iterdir()}
    said = begin_where_it_is_not_taken(rooted)
    issued = json.loads((rooted.folder / "home" / "ca" / "issued.jsonl").read_text())
    assert f"({issued['reference']}) was in memory only and is gone" in said
    assert "with --rescue-file FILE it would be kept" in said
    assert {one.name for one in rooted.folder.iterdir()} - before == {"c.yaml", "home"}


def test_a_ca_that_is_not_taken_is_kept_on_request_and_begun_with_later(rooted: MeshOwner) -> None:
    said = begin_where_it_is_not_taken(rooted, "--rescue-file", "kept.yaml")
    assert "the CA that was issued is in kept.yaml" in said
    assert "getmesh ca rotate --to kept.yaml" in said
    kept = rooted.folder / "kept.yaml"
    assert kept.stat().st_mode & 0o777 == 0o600
    rooted.run("ca", "rotate", "--to", "kept.yaml", "-y")
    begun = rooted.api.secret("cacerts-next")
    assert begun is not None
    assert begun["data"] == yaml.safe_load(kept.read_text())["data"]


def test_it_is_kept_encrypted_if_there_are_recipients(rooted: MeshOwner) -> None:
    identity = pyrage.x25519.Identity.generate()
    (rooted.folder / "identity").write_text(str(identity))
    said = begin_where_it_is_not_taken(rooted, "--rescue-file", "kept.age", "--encrypt-to", str(identity.to_public()))
    assert "getmesh ca rotate --to kept.age --identity FILE" in said
    assert b"PRIVATE KEY" not in (rooted.folder / "kept.age").read_bytes()
    rooted.run("ca", "rotate", "--to", "kept.age", "--identity", "identity", "-y")
    assert rooted.api.secret("cacerts-next") is not None


@pytest.mark.parametrize(
    ("refused", "options", "code", "said"),
    [
        (("POST", "secrets"), (), 4, "would not take Secret cacerts-next"),
        (("PUT", "cacerts"), (), 4, "would not take Secret cacerts"),
        (("", ""), ("--rescue-file", "gone/kept.yaml"), 4, "No such file"),
        (("", ""), ("--rescue-file", "c.yaml"), 2, "exists already"),
        (("", ""), ("--encrypt-to", "age1nobody"), 2, "no file to encrypt"),
    ],
)
def test_nothing_is_issued_that_could_be_neither_taken_nor_kept(
    rooted: MeshOwner, refused: tuple[str, str], options: tuple[str, ...], code: int, said: str
) -> None:
    rooted.start_mesh(OLD)
    (rooted.folder / "c.yaml").write_text(LOCAL)
    before = dict(rooted.api.objects)
    rooted.api.fault = lambda method, path: "422" if (method, path.rpartition("/")[2]) == refused else ""
    assert said in rooted.run("ca", "rotate", "--config-file", "c.yaml", "-y", *options, code=code).stderr
    assert not (rooted.folder / "root" / "issued.jsonl").exists()
    assert rooted.api.objects == before


def test_nothing_is_issued_for_a_mesh_whose_revocation_lists_would_refuse_it(rooted: MeshOwner) -> None:
    rooted.start_mesh(OLD)
    rooted.api.put_secret("cacerts", {**OLD.data(), "ca-crl.pem": b"-----BEGIN X509 CRL-----"})
    (rooted.folder / "c.yaml").write_text(LOCAL)
    assert "revocation lists" in rooted.run("ca", "rotate", "--config-file", "c.yaml", "-y", code=2).stderr
    assert not (rooted.folder / "root" / "issued.jsonl").exists()


def test_a_place_for_what_is_not_issued_is_refused(rooted: MeshOwner) -> None:
    assert "--config-file" in rooted.run("ca", "rotate", "-y", "--rescue-file", "kept.yaml", code=2).stderr


def test_gen_ca_leaves_a_mesh_alone_while_a_rotation_is_under_way(rooted: MeshOwner) -> None:
    rooted.start_mesh(OLD)
    (rooted.folder / "c.yaml").write_text(LOCAL)
    rooted.run("ca", "rotate", "--config-file", "c.yaml", "-y")
    log = (rooted.folder / "root" / "issued.jsonl").read_text()
    issue = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "n")
    for options in ((), ("--override-existing-ca-cert-secret",), ("--replace-root", "--force", "--dry-run")):
        assert "a rotation is under way in istio-system" in rooted.run(*issue, *options, code=2).stderr
    assert (rooted.folder / "root" / "issued.jsonl").read_text() == log
    rooted.run("ca", "rotate", "--back", "-y")
    rooted.run(*issue, "--override-existing-ca-cert-secret", "--replace-root")


def test_a_step_is_noted_in_the_clusters_diary(rooted: MeshOwner) -> None:
    rooted.start_mesh(OLD, multi_root=False)
    rooted.run("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "n", "--secret-file-path", "new.yaml")
    rooted.run("ca", "rotate", "--to", "new.yaml", "-y")
    rooted.run("ca", "rotate", "-y", "--restart-istiod")
    event = rooted.api.objects["/api/v1/namespaces/istio-system/events/cacerts-"]
    assert event["reason"] == "CARotated"
    assert event["message"].startswith("stage add-root is done by getmesh; before: cacerts-backup-")
    assert event["message"].endswith("; restarting istiod")


def test_nothing_is_issued_where_a_later_stage_would_be_refused(rooted: MeshOwner) -> None:
    rooted.start_mesh(OLD)
    (rooted.folder / "c.yaml").write_text(LOCAL)
    rooted.api.denied.add(("delete", "secrets"))
    assert "you may not delete" in rooted.run("ca", "rotate", "--config-file", "c.yaml", "-y", code=4).stderr
    assert not (rooted.folder / "root" / "issued.jsonl").exists()
