"""One real API server for all end-to-end tests; each test has worlds of its own namespaces, or starts its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.rig import api as rig
from tests.rig import definitions
from tests.rig.programs import missing

Run = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run these tests on request only (``-m e2e``): they start servers and take minutes."""
    ours = [item for item in items if "e2e" in item.keywords]
    if "e2e" not in str(config.option.markexpr):
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rig.Api]:
    """Give a real API that serves Istio's and the Gateway API's kinds."""
    if reason := missing("kube-apiserver", "etcd"):
        pytest.skip(reason)
    with rig.running(tmp_path_factory.mktemp("rig")) as api:
        definitions.install(api)
        yield api


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
