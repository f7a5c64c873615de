"""Calls of a rotation, there and back, interrupted anywhere, by a user who simply makes the same call again."""

import copy
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from getmesh.ca.bundle import Bundle
from getmesh.ca.rotation import Step
from getmesh.ca.stages import STAGES, Stage, Way
from getmesh.errors import GetmeshError
from tests.fakes.rotating_mesh import Mesh
from tests.fakes.rotations import GOALS, following, mesh_for, present_of, rotation_of
from tests.fakes.secrets_api import Killed

FAULTS = ("cut", "lost", "403", "409", "500", "503", "kill", "lost-kill")
"""What befalls a call: before or after it was carried out, by an answer, or by the end of the process."""
_PATIENCE = 4


@dataclass(frozen=True)
class Scene:
    """One call of a user.

    Attributes:
        name: what it does.
        mesh: the mesh before it; copied for each performance.
        call: makes it, and tells whether that was all.
        cas: the CA before it, and after it.
        ends: where it leads.
        calls: what it asks of the API, each as method and path.
    """

    name: str
    mesh: Mesh
    call: Callable[[Mesh], bool]
    cas: tuple[Bundle, Bundle]
    ends: tuple[Any, ...]
    calls: tuple[tuple[str, str], ...]


def scenes(way: Way, *, multi_root: bool) -> Iterator[Scene]:
    """Yield every call of a rotation there and back, and at last the one that finishes it."""
    mesh = mesh_for(way, multi_root=multi_root, workloads=2)
    stages = STAGES[way][:-1]
    calls = [("begin", _begin(way)), *((f"take {stage}", _take(stage)) for stage in stages)]
    arrived: Mesh | None = None
    calls += [(f"undo {stage}", _undo(stage)) for stage in reversed(stages)]
    for name, call in [*calls, ("call off", _call_off)]:
        if name.startswith("undo") and arrived is None:
            arrived = copy.deepcopy(mesh)
        yield _scene(name, mesh, call)
    assert arrived is not None
    yield _scene("finish", arrived, _take(Stage.FINISH))


def _scene(name: str, mesh: Mesh, call: Callable[[Mesh], bool]) -> Scene:
    """Perform a call without a fault, and keep what was before it."""
    before = copy.deepcopy(mesh)
    mesh.api.calls.clear()
    assert call(mesh), name
    calls = tuple(mesh.api.calls)
    _live_on(mesh)
    assert mesh.failures == [], name
    return Scene(name, before, call, (present_of(before), present_of(mesh)), _landmark(mesh), calls)


def perform(scene: Scene, fault: str, number: int) -> None:
    """Make a scene's call with a fault at one call of the API, and go on until it is through.

    Raises:
        AssertionError: a handshake failed, the CA was neither the old nor the new one, or it never gets through.
    """
    where = f"{scene.name}: {fault} at {scene.calls[number]}"
    mesh = copy.deepcopy(scene.mesh)
    mesh.api.fault = _once(fault, number)
    for _ in range(_PATIENCE):
        over = False
        with suppress(GetmeshError, Killed):
            over = scene.call(mesh)
        mesh.api.fault = lambda _method, _path: ""
        assert present_of(mesh) in scene.cas, where
        if over:
            break
        mesh.talk(random.Random(number), 1)
    _live_on(mesh)
    assert mesh.failures == [], where
    assert _landmark(mesh) == scene.ends, where


def _live_on(mesh: Mesh) -> None:
    chance = random.Random(1)
    for workload in mesh.workloads:
        mesh.renew(workload)
        mesh.talk(chance, 1)


def _landmark(mesh: Mesh) -> tuple[Any, ...]:
    """Give what the Secrets, the rotation and istiod's memory come to."""
    standing, present = rotation_of(mesh).standing(), present_of(mesh)
    assert mesh._ca is not None
    memory = (mesh._ca.signer, mesh._ca.root, mesh._plugged)
    return standing and standing.next, present.signer, present.root, memory


def _begin(way: Way) -> Callable[[Mesh], bool]:
    def call(mesh: Mesh) -> bool:
        rotation = rotation_of(mesh)
        if rotation.standing() is None:
            rotation.check()
        rotation.begin(GOALS[way])
        return True

    return call


def _take(stage: Stage) -> Callable[[Mesh], bool]:
    def call(mesh: Mesh) -> bool:
        rotation = rotation_of(mesh)
        standing = rotation.standing()
        if standing is None:
            return True
        with following(mesh):
            return _is_over(rotation.advance(standing, stage, restarts=True, unseen=False))

    return call


def _undo(stage: Stage) -> Callable[[Mesh], bool]:
    def call(mesh: Mesh) -> bool:
        rotation = rotation_of(mesh)
        standing = rotation.standing()
        assert standing is not None
        with following(mesh):
            return _is_over(rotation.back(standing, stage, restarts=True, unseen=False))

    return call


def _call_off(mesh: Mesh) -> bool:
    rotation = rotation_of(mesh)
    if rotation.standing() is not None:
        with following(mesh):
            rotation.call_off(restarts=True)
    return True


def _is_over(step: Step | None) -> bool:
    return step is None or step.stage is not None


def _once(fault: str, number: int) -> Callable[[str, str], str]:
    numbers = iter(range(10_000))
    return lambda _method, _path: fault if next(numbers) == number else ""
