"""SIGKILL at every call of the API, and a disk that is full at any byte: a working Secret, and no key left about."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from getmesh.ca.stages import Way
from tests.fakes.rotations import GOALS, following, mesh_for
from tests.fakes.secrets_api import REVIEWS
from tests.fakes.victims import GEN_CA, ROOTED, StoppedVictim, stopped_victim


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoppedVictim]:
    with stopped_victim(tmp_path_factory.mktemp("victim")) as victim:
        yield victim


@pytest.fixture
def victim(shared: StoppedVictim) -> StoppedVictim:
    """Give a victim whose cluster is empty, and whose folder holds the root alone."""
    for name in shared.wanted:
        (shared.folder / name).unlink(missing_ok=True)
    shared.wanted.clear()
    shared.api.objects = {path: value for path, value in shared.api.objects.items() if value.get("kind") == "Namespace"}
    return shared


def calls_of(victim: StoppedVictim, arguments: tuple[str, ...]) -> tuple[list[int], list[int]]:
    """Run a command line that has to succeed; give the numbers of its calls of the API, and of those that write."""
    before = len(victim.api.calls)
    assert victim.run(*arguments) == 0, victim.printed()
    made = list(enumerate(victim.api.calls[before:]))
    return [number for number, _ in made], [number for number, call in made if call[0] != "GET" and call[1] != REVIEWS]


@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize("existing", [False, True])
def test_gen_ca_killed_at_any_call_leaves_the_old_ca_or_the_new_one(
    victim: StoppedVictim, existing: bool, carried_out: bool
) -> None:
    if existing:
        assert victim.run(*GEN_CA) == 0
    old, before = victim.bundle(), deepcopy(victim.api.objects)
    every, changes = calls_of(victim, GEN_CA)
    for number in changes if carried_out else every:  # a question that was answered left nothing behind
        victim.api.objects = deepcopy(before)
        assert victim.die_at(number, GEN_CA, carried_out=carried_out)
        assert victim.faults() == []
        assert not existing or victim.bundle() is not None
        killed = victim.bundle()
        assert victim.run(*GEN_CA) == 0, victim.printed()
        assert victim.faults() == []
        assert victim.bundle() not in (old, killed, None)


def test_a_file_that_is_replaced_when_the_kill_comes_is_the_old_one_or_the_new_one(victim: StoppedVictim) -> None:
    command = ("gen-ca", *ROOTED, "--secret-file-path", "ca.yaml", "--force")
    victim.wanted.add("ca.yaml")
    assert victim.run(*command) == 0
    chance = random.Random(1)
    killed = 0
    for _ in range(20):
        killed += victim.die_after(chance.uniform(0, 0.3), command) < 0
        assert victim.faults() == []
        assert (victim.folder / "ca.yaml").exists()
    assert killed > 5


@pytest.mark.parametrize("bytes_left", [0, 1, 100, 1000])
def test_on_a_full_disk_nothing_is_half_written_and_no_half_line_logged(victim: StoppedVictim, bytes_left: int) -> None:
    command = ("gen-ca", *ROOTED, "--secret-file-path", "ca.yaml")
    victim.wanted.add("ca.yaml")
    log = victim.folder / "root" / "issued.jsonl"
    log.unlink(missing_ok=True)
    assert victim.run(*command, file_size=bytes_left) == 4
    assert not (victim.folder / "ca.yaml").exists()
    assert victim.faults() == []
    assert log.read_bytes()[-1:] in {b"", b"\n"}
    assert victim.run(*command) == 0, victim.printed()
    assert victim.faults() == []
    assert all(json.loads(line)["serial"] for line in log.read_text().splitlines())


class Journey:
    """A rotation by command lines, with a mesh that lives on between them."""

    def __init__(self, victim: StoppedVictim) -> None:
        self.victim = victim
        victim.put("new.yaml", GOALS[Way.NEW_ROOT])
        self.mesh = mesh_for(Way.NEW_ROOT, multi_root=False, workloads=2, api=victim.api)

    def command(self, *words: str) -> tuple[str, ...]:
        """Give a call of rotate that sees all workloads as they are now."""
        dumps = []
        for workload in self.mesh.workloads:
            name = f"{workload.name}.json"
            (self.victim.folder / name).write_text(json.dumps(self.mesh.dump(workload.name)))
            self.victim.wanted.add(name)
            dumps += ["--dump", f"{workload.name}={name}"]
        seen = (*dumps, "--through", "none", "--istiod", "none")
        return ("ca", "rotate", "-y", "--restart-istiod", *words, *seen)

    def live_on(self) -> None:
        """Let everybody renew, and talk."""
        self.mesh.all_renew(random.Random(1))
        assert self.mesh.failures == []


STEPS: list[tuple[str, ...]] = [
    ("--to", "new.yaml"),
    ("--phase", "add-root"),
    ("--phase", "switch"),
    ("--back", "--phase", "switch"),
    ("--phase", "switch"),
    ("--phase", "drop-root"),
    ("--phase", "finish"),
]


def test_a_rotation_killed_at_any_change_is_taken_up_again_by_the_same_call(victim: StoppedVictim) -> None:
    """Calls that come again later were killed the first time."""
    journey = Journey(victim)
    api, kills = victim.api, 0
    for place, words in enumerate(STEPS):
        before: dict[str, Any] = deepcopy(api.objects)
        mesh_before = deepcopy((journey.mesh._ca, journey.mesh.workloads))
        with following(journey.mesh):
            _, changes = calls_of(victim, journey.command(*words))
        for number in changes if words not in STEPS[:place] else []:
            for carried_out in (False, True):
                api.objects = deepcopy(before)
                journey.mesh._ca, journey.mesh.workloads = deepcopy(mesh_before)
                with following(journey.mesh):
                    kills += victim.die_at(number, journey.command(*words), carried_out=carried_out)
                assert victim.faults() == []
                journey.live_on()
                with following(journey.mesh):
                    assert victim.run(*journey.command(*words)) == 0, victim.printed()
                journey.live_on()
        journey.live_on()
    assert kills >= 20
    final = victim.bundle()
    assert final is not None
    assert final.signer is not None
    assert "cacerts-next" not in api.names()
