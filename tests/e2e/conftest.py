"""A real API server for each file of end-to-end tests, so that no file meets what another left behind."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.worlds import World
from tests.rig import api as rig
from tests.rig import definitions, worlds
from tests.rig.programs import missing

Run = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run these tests on request only (``-m e2e``): they start servers and take minutes."""
    ours = [item for item in items if "e2e" in item.keywords]
    if "e2e" not in str(config.option.markexpr):
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rig.Api]:
    """Give a real API that serves Istio's and the Gateway API's kinds."""
    if reason := missing("kube-apiserver", "etcd"):
        pytest.skip(reason)
    with rig.running(tmp_path_factory.mktemp("rig")) as api:
        definitions.install(api)
        yield api


@pytest.fixture(scope="module")
def world(cluster: rig.Api, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Load the example mesh and a generated one; what the API refuses is left out of the files too."""
    folder = tmp_path_factory.mktemp("world")
    generated = worlds.generated(folder / "generated", namespaces=4, services=12)
    objects = [*worlds.read(worlds.example()), *worlds.read(generated)]
    spaces = [obj for obj in objects if obj["kind"] == "Namespace"]
    refused: list[dict[str, Any]] = []
    cluster.create(spaces)
    rest = [obj for obj in objects if obj["kind"] != "Namespace"]
    declared = {obj["metadata"]["name"] for obj in spaces}
    for name in {obj["metadata"].get("namespace", "default") for obj in rest} - declared:
        cluster.namespace(name)
    cluster.create(rest, refused=lambda obj, _: refused.append(obj))
    assert len(refused) < len(objects) / 20, refused
    files = folder / "taken.yaml"
    files.write_text(yaml.safe_dump_all([obj for obj in objects if obj not in refused]))
    return World(cluster, files, frozenset(declared))


@pytest.fixture
def getmesh(tmp_path: Path) -> Run:
    """Run getmesh as a user would, with a home of its own."""

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        keep = {key: value for key, value in os.environ.items() if not key.startswith(("GETMESH", "KUBE"))}
        done = subprocess.run(
            [sys.executable, "-m", "getmesh", *arguments],
            env=keep | {"GETMESH_HOME": str(tmp_path / "home"), "KUBECONFIG": os.devnull} | environ,
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=300,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run
