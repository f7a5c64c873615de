"""A mesh gets from any CA to any other without one failed handshake, whoever stops when."""

import json
import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from getmesh.ca.bundle import Bundle
from getmesh.ca.cacerts import CaSecret
from getmesh.ca.istiod import restart, single_rooted
from getmesh.ca.rotation import NEXT, Rotation
from getmesh.ca.secrets import SecretStore
from getmesh.ca.stages import STAGES, Stage, Way
from getmesh.ca.survey import Scope, survey
from getmesh.ca.workloads import Proxy
from getmesh.errors import GetmeshError, PartialError, UsageError
from tests.fakes.authorities import NOW, good_bundle, make
from tests.fakes.rotating_mesh import Mesh
from tests.fakes.secrets_api import Killed, SecretsApi

ROOT = make("root", days=3650)
OTHER = make("other root", days=3650)
OLD = good_bundle("old ca", ROOT)
OWN = make("istiod's own", days=3650)
GOALS = {
    Way.SAME_ROOT: good_bundle("new ca", ROOT),
    Way.NEW_ROOT: good_bundle("new ca", OTHER),
    Way.SELF_SIGNED: good_bundle("new ca", OTHER),
}


def mesh_for(way: Way, *, multi_root: bool = True, workloads: int = 4) -> Mesh:
    api = SecretsApi("istio-system", "shop")
    if way is Way.SELF_SIGNED:
        api.put_secret("istio-ca-secret", {"ca-cert.pem": OWN.pem, "ca-key.pem": OWN.key_pem, "root-cert.pem": OWN.pem})
    else:
        api.put_secret("cacerts", OLD.data())
    mesh = Mesh(api, multi_root)
    mesh.start(workloads)
    return mesh


def rotation_of(mesh: Mesh) -> Rotation:
    def fetch(proxy: Proxy) -> bytes:
        return json.dumps(mesh.dump(proxy.pod)).encode()

    secret = CaSecret(SecretStore(mesh.api, "istio-system"), kept=10)
    scope = Scope(fetch=fetch)
    return Rotation(
        secret,
        lambda: survey(mesh.api, "istio-system", scope, NOW),
        lambda: single_rooted(mesh.api, "istio-system"),
        NOW,
    )


def take(mesh: Mesh, *, restarts: bool = True) -> Stage | None:
    """Take the next stage; None if there is none left."""
    rotation = rotation_of(mesh)
    standing = rotation.standing()
    if standing is None:
        return None
    step = rotation.advance(standing, None, restarts=restarts, unseen=False)
    assert step is not None
    if step.restart:
        restart(mesh.api, "istio-system", NOW)
        mesh.restart()
    return step.stage


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
        mesh.reload()
        mesh.all_renew(chance)
    assert taken == list(STAGES[way])
    assert mesh.failures == []
    assert mesh.handshakes >= 40
    assert NEXT not in mesh.api.names()
    final = rotation_of(mesh)._present()[1]
    assert final.signer == GOALS[way].signer
    assert final.roots == GOALS[way].roots


@pytest.mark.parametrize("way", [Way.NEW_ROOT, Way.SELF_SIGNED])
def test_a_stage_waits_until_every_workload_has_the_one_before(way: Way) -> None:
    mesh = mesh_for(way)
    rotation_of(mesh).begin(GOALS[way])
    take(mesh)
    mesh.reload()
    for workload in mesh.workloads[:-1]:
        mesh.renew(workload)
    with pytest.raises(PartialError, match="shop/w3 does not trust both roots"):
        take(mesh)
    mesh.renew(mesh.workloads[-1])
    assert take(mesh) is Stage.SWITCH
    mesh.reload()
    with pytest.raises(PartialError, match="has a certificate of"):
        take(mesh)


def test_an_istiod_that_has_not_read_the_roots_stops_the_switch() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    take(mesh)
    with pytest.raises(PartialError, match=r"does not trust|hands out other"):
        take(mesh)


@pytest.mark.parametrize(("way", "multi_root"), [(Way.NEW_ROOT, False), (Way.SELF_SIGNED, True)])
def test_istiod_is_restarted_only_with_consent(way: Way, multi_root: bool) -> None:
    mesh = mesh_for(way, multi_root=multi_root)
    rotation_of(mesh).begin(GOALS[way])
    before = list(mesh.api.names())
    with pytest.raises(UsageError, match="restart of istiod"):
        take(mesh, restarts=False)
    assert mesh.api.names() == before


def test_workloads_that_cannot_be_seen_count_unless_told_otherwise() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    take(mesh)
    mesh.reload()
    mesh.all_renew(random.Random(1))
    rotation = rotation_of(mesh)
    blind = Rotation(
        rotation._secret, lambda: survey(mesh.api, "istio-system", Scope(), NOW), rotation._single_rooted, NOW
    )
    standing = blind.standing()
    assert standing is not None
    with pytest.raises(PartialError, match="no workload"):
        blind.advance(standing, None, restarts=True, unseen=False)
    assert blind.advance(standing, None, restarts=True, unseen=True) is not None


@pytest.mark.parametrize("way", [Way.SAME_ROOT, Way.NEW_ROOT])
def test_every_stage_can_be_undone_without_a_failed_handshake(way: Way) -> None:
    chance = random.Random(7)
    for count in range(len(STAGES[way])):
        mesh = mesh_for(way)
        rotation_of(mesh).begin(GOALS[way])
        for _ in range(count):
            take(mesh)
            mesh.reload()
            mesh.all_renew(chance)
        while (standing := rotation_of(mesh).standing()) is not None:
            rotation_of(mesh).back(standing)
            mesh.reload()
            mesh.talk(chance)
            mesh.all_renew(chance)
        assert mesh.failures == [], count
        present = rotation_of(mesh)._present()[1]
        assert present.signer == OLD.signer
        assert present.roots == OLD.roots


def test_a_stage_that_is_done_is_not_done_again_and_a_later_one_has_to_wait() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    take(mesh)
    rotation = rotation_of(mesh)
    standing = rotation.standing()
    assert standing is not None
    calls = len(mesh.api.calls)
    assert rotation.advance(standing, Stage.ADD_ROOT, restarts=False, unseen=False) is None
    assert len(mesh.api.calls) == calls
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


def test_an_unfit_ca_never_gets_beside_the_present_one() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    with pytest.raises(GetmeshError, match="not fit"):
        rotation_of(mesh).begin(good_bundle("late", make("late root", days=-1), days=-1))
    assert NEXT not in mesh.api.names()


def test_roots_are_added_behind_the_old_bytes_and_dropped_as_one_run() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    odd = Bundle(OLD.certificate, OLD.key, OLD.chain, b"# ours\r\n" + OLD.root.replace(b"\n", b"\r\n"))
    mesh.api.put_secret("cacerts", odd.data())
    mesh.restart()
    mesh.all_renew(random.Random(2))
    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    take(mesh)
    both = rotation_of(mesh)._present()[1].root
    assert both.startswith(odd.root)
    mesh.reload()
    mesh.all_renew(random.Random(3))
    take(mesh)
    mesh.reload()
    mesh.all_renew(random.Random(4))
    take(mesh)
    assert rotation_of(mesh)._present()[1].root in both


@pytest.mark.parametrize(("first", "fault"), list(enumerate(["cut", "lost", "409", "503", "kill", "lost-kill"])))
def test_a_failure_at_any_call_of_any_stage_is_taken_up_again(first: int, fault: str) -> None:
    """One fault a run; the kinds of faults share the calls, so that each call fails once. Nobody fails to connect."""
    number, finished = first, False
    while not finished:
        mesh = mesh_for(Way.NEW_ROOT, workloads=2)
        chance = random.Random(number)
        seen = iter(range(10_000))
        hit: list[str] = []
        mesh.api.fault = _once(fault, number, seen, hit)
        for _ in range(12):
            with suppress(GetmeshError, Killed):
                if NEXT not in mesh.api.names() and rotation_of(mesh)._present()[1].signer == OLD.signer:
                    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
                take(mesh)
            mesh.reload()
            mesh.all_renew(chance)
            if NEXT not in mesh.api.names() and mesh._ca is not None and mesh._ca.signer == GOALS[Way.NEW_ROOT].signer:
                break
        assert mesh.failures == [], (fault, number)
        assert mesh._ca is not None
        assert mesh._ca.signer == GOALS[Way.NEW_ROOT].signer, (fault, number)
        finished = not hit
        number += 6


def _once(fault: str, number: int, seen: "object", hit: list[str]) -> Callable[[str, str], str]:
    def decide(method: str, path: str) -> str:
        if next(seen) == number:  # type: ignore[call-overload]  # an iterator of numbers
            hit.append(f"{method} {path}")
            return fault
        return ""

    return decide
