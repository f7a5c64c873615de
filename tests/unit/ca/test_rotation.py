"""A mesh gets from any CA to any other without one failed handshake, whoever stops when."""

import random

import pytest

from getmesh.ca.bundle import Bundle
from getmesh.ca.cacerts import NEXT
from getmesh.ca.rotation import Rotation
from getmesh.ca.stages import STAGES, Stage, Way
from getmesh.errors import ClusterError, GetmeshError, InputError, PartialError, UsageError
from tests.fakes.authorities import bundle_of, good_bundle, make
from tests.fakes.rotations import GOALS, NAMESPACE, OLD, OTHER, ROOT, mesh_for, present_of, rotation_of, take

FIRST, SECOND = (make(name, ROOT, length=0) for name in ("first", "second"))


@pytest.mark.parametrize("multi_root", [True, False])
@pytest.mark.parametrize("way", list(Way))
def test_no_handshake_fails_from_the_first_stage_to_the_last(way: Way, multi_root: bool) -> None:
    chance = random.Random(f"{way}{multi_root}")
    mesh = mesh_for(way, multi_root=multi_root)
    rotation_of(mesh).begin(GOALS[way])
    taken = []
    while (stage := take(mesh)) is not None:
        taken.append(stage)
        mesh.talk(chance)
        mesh.all_renew(chance)
    assert taken == list(STAGES[way])
    assert mesh.failures == []
    assert mesh.handshakes >= 40
    assert NEXT not in mesh.api.names()
    assert present_of(mesh).signer == GOALS[way].signer
    assert present_of(mesh).roots == GOALS[way].roots


@pytest.mark.parametrize("way", [Way.NEW_ROOT, Way.SELF_SIGNED])
def test_a_stage_waits_until_every_workload_has_the_one_before(way: Way) -> None:
    mesh = mesh_for(way)
    rotation_of(mesh).begin(GOALS[way])
    take(mesh)
    for workload in mesh.workloads[:-1]:
        mesh.renew(workload)
    with pytest.raises(PartialError, match="shop/w3 does not trust both roots"):
        take(mesh)
    mesh.renew(mesh.workloads[-1])
    assert take(mesh) is Stage.SWITCH
    with pytest.raises(PartialError, match="has a certificate of"):
        take(mesh)


def test_an_istiod_that_has_not_read_the_roots_stops_the_switch() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    rotation = rotation_of(mesh)
    rotation.advance(rotation.begin(GOALS[Way.NEW_ROOT]), None, restarts=True, unseen=False)
    with pytest.raises(PartialError, match=r"does not trust|hands out other"):
        take(mesh)


def test_the_end_waits_until_istiod_hands_out_the_new_root_alone() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    for _ in range(2):
        take(mesh)
        mesh.all_renew(random.Random(5))
    rotation = rotation_of(mesh)
    standing = rotation.standing()
    assert standing is not None
    rotation.advance(standing, Stage.DROP_ROOT, restarts=True, unseen=False)
    with pytest.raises(PartialError, match=r"stage finish has to wait.*hands out other roots"):
        take(mesh)
    mesh.reload()
    assert take(mesh) is Stage.FINISH


@pytest.mark.parametrize(("way", "multi_root"), [(Way.NEW_ROOT, False), (Way.SELF_SIGNED, True)])
def test_istiod_is_restarted_only_with_consent(way: Way, multi_root: bool) -> None:
    mesh = mesh_for(way, multi_root=multi_root)
    rotation_of(mesh).begin(GOALS[way])
    before = dict(mesh.api.objects)
    with pytest.raises(UsageError, match="needs a restart of istiod"):
        take(mesh, restarts=False)
    assert mesh.api.objects == before


def test_workloads_that_cannot_be_seen_count_unless_told_otherwise() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    take(mesh)
    mesh.all_renew(random.Random(1))
    blind = rotation_of(mesh, blind=True)
    standing = blind.standing()
    assert standing is not None
    with pytest.raises(PartialError, match="no workload"):
        blind.advance(standing, None, restarts=True, unseen=False)
    assert blind.advance(standing, None, restarts=True, unseen=True) is not None


def test_a_stage_that_is_done_is_not_done_again_and_a_later_one_has_to_wait() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    take(mesh)
    rotation = rotation_of(mesh)
    standing = rotation.standing()
    assert standing is not None
    before = dict(mesh.api.objects)
    assert rotation.advance(standing, Stage.ADD_ROOT, restarts=False, unseen=False) is None
    assert mesh.api.objects == before
    with pytest.raises(UsageError, match="cannot come now"):
        rotation.advance(standing, Stage.DROP_ROOT, restarts=False, unseen=False)


def test_beginning_again_is_the_same_rotation_and_another_one_is_refused() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    first = rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    assert rotation_of(mesh).begin(GOALS[Way.NEW_ROOT]) == first
    with pytest.raises(UsageError, match="another rotation"):
        rotation_of(mesh).begin(good_bundle("third", OTHER))
    with pytest.raises(UsageError, match="already"):
        rotation_of(mesh_for(Way.SAME_ROOT)).begin(OLD)


def test_of_two_that_begin_at_once_one_is_told() -> None:
    mesh = mesh_for(Way.NEW_ROOT)

    def overtake(method: str, _path: str) -> str:
        if method == "POST":
            mesh.api.put_secret(NEXT, good_bundle("theirs", OTHER).data())
        return ""

    mesh.api.fault = overtake
    with pytest.raises(ClusterError, match="somebody else began"):
        rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])


def test_a_ca_that_changed_between_look_and_stage_is_left_alone() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    rotation = rotation_of(mesh)
    standing = rotation.begin(GOALS[Way.NEW_ROOT])
    theirs = good_bundle("theirs", ROOT)
    mesh.api.put_secret("cacerts", theirs.data())
    with pytest.raises(ClusterError, match="somebody else"):
        rotation.advance(standing, None, restarts=True, unseen=False)
    assert present_of(mesh) == theirs


def test_an_unfit_ca_never_gets_beside_the_present_one() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    with pytest.raises(GetmeshError, match="not fit"):
        rotation_of(mesh).begin(good_bundle("late", make("late root", days=-1), days=-1))
    assert NEXT not in mesh.api.names()


@pytest.mark.parametrize(
    ("verb", "way"), [("create", Way.NEW_ROOT), ("update", Way.SELF_SIGNED), ("delete", Way.SAME_ROOT)]
)
def test_a_right_that_a_later_stage_needs_is_missed_at_the_beginning(verb: str, way: Way) -> None:
    mesh = mesh_for(way)
    mesh.api.denied.add((verb, "secrets"))
    with pytest.raises(ClusterError, match=f"you may not {verb}"):
        rotation_of(mesh).check()
    mesh.api.denied.clear()
    rotation_of(mesh).check()
    assert {method for method, path in mesh.api.calls if path.endswith("secrets")} == set()


def test_roots_are_added_behind_the_old_bytes_and_dropped_as_one_run() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    odd = Bundle(OLD.certificate, OLD.key, OLD.chain, b"# ours\r\n" + OLD.root.replace(b"\n", b"\r\n"))
    mesh.api.put_secret("cacerts", odd.data())
    mesh.restart()
    mesh.all_renew(random.Random(2))
    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    take(mesh)
    both = present_of(mesh).root
    assert both.startswith(odd.root)
    for seed in (3, 4):
        mesh.all_renew(random.Random(seed))
        take(mesh)
    assert present_of(mesh).root in both


def test_a_root_that_was_added_a_moment_ago_is_waited_for_even_if_nobody_remembers_who_added_it() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    take(mesh)
    del mesh.api.objects[f"/api/v1/namespaces/{NAMESPACE}/secrets/{NEXT}"]
    again = rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    assert (again.way, again.passed) == (Way.NEW_ROOT, ())
    with pytest.raises(PartialError, match="does not trust both roots"):
        take(mesh)
    taken = []
    mesh.all_renew(random.Random(8))
    while (stage := take(mesh)) is not None:
        taken.append(stage)
        mesh.all_renew(random.Random(9))
    assert taken == [Stage.SWITCH, Stage.DROP_ROOT, Stage.FINISH]
    assert mesh.failures == []
    assert present_of(mesh).roots == [OTHER.certificate]


def test_roots_that_the_new_ca_brings_along_stay_and_then_none_is_dropped() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    goal = GOALS[Way.NEW_ROOT].with_root(OTHER.pem + ROOT.pem)
    rotation_of(mesh).begin(goal)
    taken = []
    while (stage := take(mesh)) is not None:
        taken.append(stage)
        mesh.all_renew(random.Random(6))
    assert taken == [Stage.ADD_ROOT, Stage.SWITCH, Stage.FINISH]
    assert set(present_of(mesh).roots) == {ROOT.certificate, OTHER.certificate}
    assert mesh.failures == []


def begin_with_lists(present: bytes, new: bytes) -> Rotation:
    mesh = mesh_for(Way.SAME_ROOT)
    mesh.api.put_secret("cacerts", bundle_of(FIRST, ROOT, crl=present).data())
    rotation = rotation_of(mesh)
    rotation.begin(bundle_of(SECOND, ROOT, crl=new))
    return rotation


def test_revocation_lists_have_to_speak_of_both_cas() -> None:
    """A peer that has lists refuses a certificate whose issuer no list is of."""
    with pytest.raises(InputError, match="present CA has no list of CN=second"):
        begin_with_lists(FIRST.crl(), FIRST.crl() + SECOND.crl())
    with pytest.raises(InputError, match="new CA has no list of CN=first"):
        begin_with_lists(FIRST.crl() + SECOND.crl(), SECOND.crl())
    with pytest.raises(InputError, match="present CA has no list of CN=first"):
        begin_with_lists(b"", FIRST.crl() + SECOND.crl())
    both = FIRST.crl() + SECOND.crl()
    assert begin_with_lists(both, both).standing() is not None
