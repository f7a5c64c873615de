"""The real istioctl, run through getmesh, finds in a cluster what getmesh finds there."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from getmesh.analysis.catalogue import rules
from getmesh.distributions.names import host_platform
from tests.e2e.worlds import World
from tests.fakes.releases import good
from tests.rig.programs import missing, program

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
VERSION = "1.31.0"


@pytest.fixture
def istioctl(getmesh: Run, tmp_path: Path) -> Run:
    """Give getmesh with the real istioctl as its active build."""
    path = program("istioctl")
    if path is None:
        pytest.skip(missing("istioctl"))
    archive = tmp_path / f"istioctl-{VERSION}-linux-amd64.tar.gz"
    archive.write_bytes(good(path.read_bytes()))
    done = getmesh("fetch", "--archive", str(archive), "--allow-unverified", "--platform", host_platform())
    assert done.returncode == 0, done.stderr
    assert getmesh("switch", VERSION).returncode == 0
    return getmesh


def differing() -> frozenset[str]:
    """Give the codes that we judge otherwise than istioctl on purpose, as their pages say."""
    return frozenset(
        rule.meta.code for rule in rules() if any(one.reference == "istioctl" for one in rule.meta.differs)
    )


def theirs(text: str, namespaces: frozenset[str]) -> set[tuple[str, str]]:
    """Give (code, object) of istioctl's findings in these namespaces."""
    found: list[dict[str, Any]] = json.loads(text or "[]")
    pairs = {(one["code"], str(one.get("origin", ""))) for one in found}
    return {(code, origin) for code, origin in pairs if origin.partition(" ")[2].partition("/")[0] in namespaces}


def ours(text: str, namespaces: frozenset[str]) -> set[tuple[str, str]]:
    """Give the same of ours."""
    objects = [(one["code"], one["object"]) for one in json.loads(text)["findings"]]
    return {
        (code, f"{obj['kind']} {obj['namespace']}/{obj['name']}")
        for code, obj in objects
        if obj["namespace"] in namespaces
    }


def test_istioctl_and_getmesh_agree_on_the_same_cluster(istioctl: Run, world: World) -> None:
    kubeconfig = str(world.api.kubeconfig())
    analyzed = istioctl("istioctl", "analyze", "-A", "-o", "json", "--kubeconfig", kubeconfig)
    validated = istioctl("config-validate", "--select", "IST", "-o", "json", "-c", kubeconfig)
    upstream, own = theirs(analyzed.stdout, world.namespaces), ours(validated.stdout, world.namespaces)
    assert len(upstream) > 10, analyzed.stderr
    apart = {pair for pair in upstream ^ own if pair[0] not in differing()}
    assert apart == set()
