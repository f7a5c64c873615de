from collections.abc import Callable
from typing import Any

import pytest

from getmesh.distributions.arrival import after
from getmesh.distributions.checks import Check
from getmesh.distributions.install import read_call
from tests.fakes.cluster import FakeApi, deployment, istiod


class Days:
    """A clock whose sleep lets something happen in the cluster."""

    def __init__(self, *events: Callable[[], object]) -> None:
        self.time, self.events = 0.0, list(events)

    def now(self) -> float:
        """Give seconds since the test began."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        self.time += seconds
        if self.events:
            self.events.pop(0)()


def look(api: FakeApi, clock: Days, *words: str) -> tuple[list[Check], list[str]]:
    told: list[str] = []
    return after(api, "1.31.1-istio-v0", read_call(["install", *words]), clock, told.append), told


def put(api: FakeApi, **status: int) -> None:
    api.deployments["istio-system"] = [deployment("istiod", "default", **status)]


def test_a_control_plane_is_waited_for_until_it_is_ready() -> None:
    api = FakeApi(istiod("1.31.1"))
    put(api, observedGeneration=0)
    clock = Days(
        lambda: put(api, replicas=2, updatedReplicas=1),
        lambda: put(api, replicas=1, updatedReplicas=1),
        lambda: put(api, replicas=1, updatedReplicas=1),
        lambda: put(api, replicas=1, updatedReplicas=1, availableReplicas=1),
    )
    checks, told = look(api, clock)
    assert [check.state for check in checks] == ["ok", "ok"]
    assert told == [
        "waiting for the control plane: istiod: the change is not seen yet",
        "waiting for the control plane: istiod: 1 of 1 replaced",
        "waiting for the control plane: istiod: 0 of 1 available",
    ]


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ([], 300),
        (["--readiness-timeout", "10s"], 10),
        (["--readiness-timeout=1m30s"], 90),
        (["--readiness-timeout=x"], 300),
    ],
)
def test_the_wait_has_an_end(words: list[str], seconds: float) -> None:
    api = FakeApi(istiod("1.31.1"))
    put(api, replicas=1, updatedReplicas=1)
    clock = Days()
    checks, _ = look(api, clock, *words)
    assert checks[0] == Check("fail", f"not ready after {seconds:g} seconds: istiod: 0 of 1 available")
    assert seconds <= clock.time <= seconds + 2


def test_only_the_revision_of_the_call_is_waited_for() -> None:
    api = FakeApi(istiod("1.31.1", "blue"), istiod("1.30.5"))
    api.deployments["istio-system"] = [
        deployment("istiod", replicas=1, updatedReplicas=1),
        deployment("istiod-blue", "blue", replicas=1, updatedReplicas=1, availableReplicas=1),
    ]
    checks, told = look(api, Days(), "--revision", "blue")
    assert [check.state for check in checks] == ["ok", "ok"]
    assert told == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], [Check("fail", "no control plane deployment of revision default"),
              Check("fail", "no control plane of revision default runs in istio-system")]),
        (["--set", "profile=remote"], [Check("ok", "profile remote brings no control plane")]),
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_waited_for(words: list[str], expected: list[Check]) -> None:
    clock = Days()
    assert look(FakeApi(), clock, *words) == (expected, [])
    assert clock.time == 0


def test_deployments_that_may_not_be_read_are_said_to_be_unknown() -> None:
    api: Any = FakeApi(istiod("1.31.1"))
    api.forbidden.add("/apis/apps/v1/namespaces/istio-system/deployments")
    assert look(api, Days())[0][0] == Check("unknown", "the deployments of istio-system may not be read")
