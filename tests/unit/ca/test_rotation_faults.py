"""Whatever befalls any call of a rotation: the CA is the old or the new one, and the same call again gets through."""

import pytest

from getmesh.ca.stages import Way
from tests.fakes.interrupted import FAULTS, perform, scenes

MESHES = [(Way.SAME_ROOT, True), (Way.NEW_ROOT, False), (Way.SELF_SIGNED, True)]


@pytest.mark.parametrize(("way", "multi_root"), MESHES)
def test_every_call_of_the_api_may_fail_once(way: Way, multi_root: bool) -> None:
    """The kinds of faults take turns."""
    turn = 0
    for scene in scenes(way, multi_root=multi_root):
        for number in range(len(scene.calls)):
            perform(scene, FAULTS[turn % len(FAULTS)], number)
            turn += 1
    assert turn >= 20


@pytest.mark.parametrize("fault", ["lost", "409"])
@pytest.mark.parametrize(("way", "multi_root"), MESHES[1:])
def test_every_change_may_meet_another_change_or_lose_its_answer(way: Way, multi_root: bool, fault: str) -> None:
    """Those leave open what was changed, and both ways have all stages between them.

    ``bench/rotation_faults.py`` tries every kind of fault at every call of every way.
    """
    turns = 0
    for scene in scenes(way, multi_root=multi_root):
        for number, (method, path) in enumerate(scene.calls):
            if method != "GET" and not path.endswith("reviews"):
                perform(scene, fault, number)
                turns += 1
    assert turns >= 5
