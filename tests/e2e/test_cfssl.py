"""A request goes to CFSSL, a CA that getmesh does not talk to, and comes back as a CA for the mesh."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
PROFILE = {
    "signing": {
        "default": {
            "expiry": "4380h",
            "usages": ["cert sign", "crl sign"],
            "ca_constraint": {"is_ca": True, "max_path_len": 0, "max_path_len_zero": True},
        }
    }
}
ROOT = {"CN": "cfssl root", "key": {"algo": "ecdsa", "size": 256}, "ca": {"expiry": "43800h"}}


def cfssl(folder: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(["cfssl", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """Make a root of CFSSL."""
    if shutil.which("cfssl") is None:
        pytest.skip("cfssl is not installed (Debian: golang-cfssl)")
    (tmp_path / "profile.json").write_text(json.dumps(PROFILE))
    (tmp_path / "root.json").write_text(json.dumps(ROOT))
    made = cfssl(tmp_path, "genkey", "-initca", "root.json")
    (tmp_path / "root.pem").write_text(made["cert"])
    (tmp_path / "root.key").write_text(made["key"])
    return tmp_path


def sign(folder: Path) -> None:
    authority = ("-ca", "root.pem", "-ca-key", "root.key", "-config", "profile.json")
    made = cfssl(folder, "sign", *authority, "request.csr")
    (folder / "signed.pem").write_text(made["cert"])


def test_what_cfssl_signs_becomes_the_ca_of_a_mesh(authority: Path, getmesh: Run) -> None:
    environ = {"GETMESH_CA_PASSPHRASE": "correct horse battery"}
    start = ("gen-ca", "-p", "csr", "--key-file", "key.pem")
    done = getmesh(*start, "--csr-file", "request.csr", "--common-name", "mesh ca", **environ)
    assert done.returncode == 0, done.stderr
    finish = (*start, "--signed-file", "signed.pem", "--root-file", "root.pem", "--secret-file-path", "ca.yaml")
    sign(authority)
    done = getmesh(*finish, **environ)
    assert done.returncode == 0, done.stderr
    assert getmesh("ca", "verify", "ca.yaml").returncode == 0
