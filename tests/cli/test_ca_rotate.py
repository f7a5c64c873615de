"""ca rotate as users run it, stage by stage, over a real API port."""

from typing import Any

import pytest

from tests.fakes.authorities import good_bundle
from tests.fakes.mesh_owner import MeshOwner

OLD = good_bundle("old ca")


@pytest.mark.parametrize("multi_root", [True, False])
def test_a_rotation_goes_stage_by_stage(rooted: MeshOwner, multi_root: bool) -> None:
    mesh = rooted.start_mesh(OLD, multi_root=multi_root)
    issue = ("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "new ca", "--secret-file-path", "new.yaml")
    rooted.run(*issue)
    plan = rooted.run("ca", "rotate", "--to", "new.yaml", "--plan").stdout
    assert "new-root" in plan
    assert rooted.api.secret("cacerts-next") is None
    assert "Add -y" in rooted.run("ca", "rotate", "--to", "new.yaml", code=2).stderr
    rooted.run("ca", "rotate", "--to", "new.yaml", "-y")
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
    assert mesh.failures == []
    assert rooted.bundle().signer is not None
    assert rooted.api.secret("cacerts-next") is None
    if not multi_root:
        deployment: Any = rooted.api.objects["/apis/apps/v1/namespaces/istio-system/deployments/istiod"]
        assert deployment["spec"]["template"]["metadata"]["annotations"]


def test_a_rotation_is_called_off_without_a_trace(rooted: MeshOwner) -> None:
    rooted.start_mesh(OLD)
    before = rooted.bundle()
    rooted.run("gen-ca", "-p", "local", "--root-dir", "root", "--common-name", "n", "--secret-file-path", "new.yaml")
    rooted.run("ca", "rotate", "--to", "new.yaml", "-y")
    rooted.run("ca", "rotate", "-y")
    rooted.run("ca", "rotate", "--back", "-y")
    rooted.run("ca", "rotate", "--back", "-y")
    assert rooted.bundle() == before
    assert "no rotation" in rooted.run("ca", "rotate", "-y", code=2).stderr


def test_an_issuer_may_be_asked_by_the_rotation_itself(rooted: MeshOwner) -> None:
    rooted.start_mesh(OLD)
    (rooted.folder / "c.yaml").write_text("providerName: local\nproviderConfig: {local: {rootDir: root}}\n")
    rooted.run("ca", "rotate", "--config-file", "c.yaml", "-y")
    assert rooted.api.secret("cacerts-next") is not None
