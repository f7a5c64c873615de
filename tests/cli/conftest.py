"""Runs getmesh as users do: a process of its own, an empty home, no cluster, no network."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.mesh_owner import PASSPHRASE, MeshOwner
from tests.fakes.secrets_api import SecretsApi, served

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def getmesh(tmp_path: Path) -> Run:
    """Give a function that runs getmesh in an empty folder and returns what it printed."""
    work = tmp_path / "work"
    work.mkdir()
    home = tmp_path / "home"

    def run(*arguments: str, stdin: str | bytes = "", **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("GETMESH", "KUBE"))},
            "GETMESH_HOME": str(home),
            "KUBECONFIG": os.devnull,
            **environment,
        }
        raw = stdin if isinstance(stdin, bytes) else stdin.encode()
        done = subprocess.run(
            [sys.executable, "-m", "getmesh", *arguments],
            input=raw, capture_output=True, cwd=work, env=variables, check=False, timeout=120,
        )  # fmt: skip
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        )

    return run


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[MeshOwner]:
    """Give a person with an API of their own; no key is ever printed to them."""
    api = SecretsApi("istio-system", "shop")
    with served(api, tmp_path / "kubeconfig"):
        person = MeshOwner(tmp_path, api)
        yield person
        assert "PRIVATE KEY" not in person.printed


@pytest.fixture
def rooted(owner: MeshOwner) -> MeshOwner:
    """Give the same person with a local root."""
    owner.environ["GETMESH_CA_PASSPHRASE"] = PASSPHRASE
    owner.run("ca", "init", "root", "--common-name", "Example root", "--key-family", "p-256")
    return owner


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the wheel of a release."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.iterdir())
