"""Every stage has a way back, and nobody fails to connect on it."""

import json
import random
from base64 import b64decode
from datetime import timedelta

import pytest

from getmesh.ca.cacerts import BACKUPS, NEXT
from getmesh.ca.istiod import Istiods
from getmesh.ca.stages import STAGES, Stage, Way
from getmesh.errors import ClusterError, InputError, PartialError, UsageError
from tests.fakes.authorities import NOW, make
from tests.fakes.rotating_mesh import Mesh
from tests.fakes.rotations import (
    DEPLOYMENT,
    GOALS,
    OTHER,
    OWN,
    ROOT,
    first_of,
    mesh_for,
    present_of,
    rotation_of,
    take,
    undo,
)


def begun(way: Way, stages: int, *, multi_root: bool = True) -> Mesh:
    """Give a mesh some stages on its way, everybody renewed after each."""
    mesh = mesh_for(way, multi_root=multi_root)
    rotation_of(mesh).begin(GOALS[way])
    for _ in range(stages):
        take(mesh)
        mesh.all_renew(random.Random(stages))
    return mesh


@pytest.mark.parametrize("multi_root", [True, False])
@pytest.mark.parametrize(("way", "count"), [(way, count) for way in Way for count in range(len(STAGES[way]))])
def test_from_every_stage_the_way_leads_back_without_a_failed_handshake(way: Way, count: int, multi_root: bool) -> None:
    chance = random.Random(count)
    mesh = begun(way, count, multi_root=multi_root)
    undone = []
    while (step := undo(mesh)) is not None:
        undone.append(step.stage)
        mesh.talk(chance)
        mesh.all_renew(chance)
    assert undone == [*reversed(STAGES[way][:count]), None]
    assert mesh.failures == []
    assert present_of(mesh).signer == first_of(way).signer
    assert present_of(mesh).root == first_of(way).root
    assert NEXT not in mesh.api.names()
    assert (mesh.api.secret("cacerts") is None) is (way is Way.SELF_SIGNED)


@pytest.mark.parametrize("way", [Way.NEW_ROOT, Way.SELF_SIGNED])
def test_the_new_root_stays_as_long_as_anybody_has_a_certificate_of_the_new_ca(way: Way) -> None:
    mesh = begun(way, 2)
    step = undo(mesh)
    assert step is not None
    assert step.stage is Stage.SWITCH
    for workload in mesh.workloads[:-1]:
        mesh.renew(workload)
    with pytest.raises(
        PartialError, match=r"undoing (add-root|adopt) has to wait.*shop/w3 has a certificate of CN=new"
    ):
        undo(mesh)
    mesh.renew(mesh.workloads[-1])
    assert undo(mesh) is not None


def test_the_old_ca_does_not_sign_again_before_everybody_trusts_it_again() -> None:
    mesh = begun(Way.NEW_ROOT, 3)
    undo(mesh)
    with pytest.raises(PartialError, match=r"undoing switch has to wait.*does not trust both roots"):
        undo(mesh)
    mesh.all_renew(random.Random(1))
    undo(mesh)
    assert mesh.failures == []


def test_back_and_forth_as_often_as_one_likes() -> None:
    mesh = begun(Way.NEW_ROOT, 3)
    chance = random.Random(3)
    for _ in range(4):
        undo(mesh)
        mesh.all_renew(chance)
        take(mesh)
        mesh.all_renew(chance)
    while undo(mesh) is not None:
        mesh.all_renew(chance)
    assert mesh.failures == []
    assert present_of(mesh).signer == first_of(Way.NEW_ROOT).signer


@pytest.mark.parametrize(("way", "multi_root"), [(Way.SELF_SIGNED, True), (Way.NEW_ROOT, False)])
def test_istiod_is_restarted_on_the_way_back_only_with_consent(way: Way, multi_root: bool) -> None:
    mesh = begun(way, 1, multi_root=multi_root)
    before = dict(mesh.api.objects)
    with pytest.raises(UsageError, match=r"undoing (adopt|add-root) needs a restart of istiod"):
        undo(mesh, restarts=False)
    assert mesh.api.objects == before


def test_a_stage_is_named_to_undo_it_once() -> None:
    mesh = begun(Way.NEW_ROOT, 2)
    rotation = rotation_of(mesh)
    standing = rotation.standing()
    assert standing is not None
    with pytest.raises(UsageError, match=r"add-root cannot be undone now"):
        rotation.back(standing, Stage.ADD_ROOT, restarts=True, unseen=False)
    assert rotation.back(standing, Stage.DROP_ROOT, restarts=True, unseen=False) is None
    assert rotation.back(standing, Stage.SWITCH, restarts=True, unseen=False) is not None
    standing = rotation.standing()
    assert standing is not None
    assert rotation.back(standing, Stage.SWITCH, restarts=True, unseen=False) is None


def test_without_a_copy_of_the_old_ca_there_is_no_way_back_and_nothing_changes() -> None:
    mesh = begun(Way.NEW_ROOT, 2)
    for name in [name for name in mesh.api.names() if "backup" in name]:
        del mesh.api.objects[f"/api/v1/namespaces/istio-system/secrets/{name}"]
    before = dict(mesh.api.objects)
    with pytest.raises(InputError, match="no backup of the CA before switch"):
        undo(mesh)
    assert mesh.api.objects == before


def test_istiods_own_secret_is_made_again_if_it_got_lost() -> None:
    mesh = begun(Way.SELF_SIGNED, 1)
    del mesh.api.objects["/api/v1/namespaces/istio-system/secrets/istio-ca-secret"]
    undo(mesh)
    own = mesh.api.secret("istio-ca-secret")
    assert own is not None
    assert own["type"] == "istio.io/ca-root"
    assert b64decode(own["data"]["ca-key.pem"]) == OWN.key_pem
    assert mesh.api.secret("cacerts") is None
    mesh.all_renew(random.Random(1))
    assert mesh.failures == []


def test_a_ca_of_istiods_own_that_is_another_by_now_is_not_fallen_back_to() -> None:
    mesh = begun(Way.SELF_SIGNED, 1)
    other = make("made meanwhile", days=3650)
    mesh.api.put_secret("istio-ca-secret", {"ca-cert.pem": other.pem, "ca-key.pem": other.key_pem})
    before = dict(mesh.api.objects)
    with pytest.raises(InputError, match="istio-ca-secret holds another CA"):
        undo(mesh)
    assert mesh.api.objects == before


def test_a_ca_that_istiod_kept_in_cacerts_is_put_back_with_its_mark() -> None:
    mesh = mesh_for(Way.SELF_SIGNED)
    data = {"ca-cert.pem": OWN.pem, "ca-key.pem": OWN.key_pem, "root-cert.pem": OWN.pem, "istio-generated": b""}
    mesh.api.put_secret("cacerts", {**data, "cert-chain.pem": b""})
    del mesh.api.objects["/api/v1/namespaces/istio-system/secrets/istio-ca-secret"]
    rotation_of(mesh).begin(GOALS[Way.SELF_SIGNED])
    assert take(mesh) is Stage.ADOPT
    adopted = mesh.api.secret("cacerts")
    assert adopted is not None
    assert "istio-generated" not in adopted["data"]
    mesh.all_renew(random.Random(1))
    undo(mesh)
    back = mesh.api.secret("cacerts")
    assert back is not None
    assert {name: b64decode(text) for name, text in back["data"].items()} == {**data, "cert-chain.pem": b""}
    assert len(back["metadata"]["annotations"][BACKUPS].split(",")) == 2
    standing = rotation_of(mesh).standing()
    assert standing is not None
    assert standing.next is Stage.ADOPT


def interrupted(mesh: Mesh, step: str) -> None:
    """Take or undo a stage whose restart does not come to pass."""
    mesh.api.fault = lambda method, _path: "500" if method == "PATCH" else ""
    with pytest.raises(ClusterError, match="but istiod was not restarted"):
        take(mesh) if step == "take" else undo(mesh)
    mesh.api.fault = lambda _method, _path: ""


@pytest.mark.parametrize(("way", "multi_root"), [(Way.SELF_SIGNED, True), (Way.NEW_ROOT, False)])
def test_a_restart_that_did_not_come_to_pass_is_made_up_for_before_anything_else(way: Way, multi_root: bool) -> None:
    mesh = begun(way, 0, multi_root=multi_root)
    interrupted(mesh, "take")
    rotation = rotation_of(mesh, blind=True)
    standing = rotation.standing()
    assert standing is not None
    assert standing.next is Stage.SWITCH
    with pytest.raises(UsageError, match="istiod was not restarted"):
        rotation.advance(standing, None, restarts=False, unseen=True)
    step = rotation.advance(standing, None, restarts=True, unseen=True)
    assert step is not None
    assert (step.stage, step.restarted) == (None, ("istiod",))
    mesh.restart()
    mesh.all_renew(random.Random(1))
    assert take(mesh) is Stage.SWITCH


def test_of_several_istiods_those_are_restarted_late_that_were_not_restarted_before() -> None:
    mesh = begun(Way.SELF_SIGNED, 0)
    second = DEPLOYMENT.replace("istiod", "istiod-canary")
    metadata = {"name": "istiod-canary", "labels": {"app": "istiod"}}
    mesh.api.put(second, {**mesh.api.objects[DEPLOYMENT], "metadata": metadata})
    mesh.api.fault = lambda method, path: "500" if (method, path) == ("PATCH", second) else ""
    with pytest.raises(ClusterError, match="but istiod was not restarted"):
        take(mesh)
    mesh.api.fault = lambda _method, _path: ""
    standing = rotation_of(mesh).standing()
    assert standing is not None
    step = rotation_of(mesh).advance(standing, None, restarts=True, unseen=False)
    assert step is not None
    assert step.restarted == ("istiod-canary",)


def test_a_restart_by_other_hands_counts() -> None:
    mesh = begun(Way.SELF_SIGNED, 0)
    interrupted(mesh, "take")
    Istiods(mesh.api, "istio-system").restart(["istiod"], NOW + timedelta(hours=1))
    mesh.restart()
    mesh.all_renew(random.Random(1))
    assert take(mesh, restarts=False) is Stage.SWITCH


def test_a_rotation_is_called_off_only_when_istiod_has_left_it_too() -> None:
    mesh = begun(Way.SELF_SIGNED, 1)
    interrupted(mesh, "undo")
    with pytest.raises(UsageError, match="istiod was not restarted"):
        undo(mesh, restarts=False)
    assert NEXT in mesh.api.names()
    step = undo(mesh)
    assert step is not None
    assert step.restarted == ("istiod",)
    assert NEXT not in mesh.api.names()
    assert json.dumps(mesh.api.objects[DEPLOYMENT]).count("restartedAt") == 1
    assert {ROOT.certificate, OTHER.certificate}.isdisjoint(present_of(mesh).roots)
