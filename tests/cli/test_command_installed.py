"""The command works however it was installed, and starts no interpreter for istioctl."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from getmesh import __version__
from tests.fakes.commands import SHELLS, SOURCE, by
from tests.fakes.stores import put_build

LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")


def pip(folder: Path, wheel: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    into = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    subprocess.run([*into, "install", "-q", "--no-deps", "--no-index", str(wheel)], check=True, timeout=120)
    return folder / "bin"


def uv(folder: Path, wheel: Path) -> Path:
    program = str(Path(sys.executable).with_name("uv"))
    subprocess.run([program, "venv", "-q", "--no-config", "--python", sys.executable, str(folder)], check=True)
    into = [program, "pip", "install", "-q", "--no-config", "--python", str(folder / "bin" / "python")]
    subprocess.run([*into, "--no-deps", "--no-index", str(wheel)], check=True, timeout=120)
    return folder / "bin"


def user(folder: Path, wheel: Path) -> Path:
    base = Path(sys.base_prefix) / "bin" / "python3"
    call = [
        str(base),
        "-m",
        "pip",
        "install",
        "-q",
        "--user",
        "--no-deps",
        "--no-index",
        "--no-warn-script-location",
        str(wheel),
    ]
    environ = os.environ | {"PYTHONUSERBASE": str(folder), "PIP_BREAK_SYSTEM_PACKAGES": "1"}
    subprocess.run(call, env=environ, check=True, timeout=120)
    return folder / "bin"


@pytest.fixture(scope="module", params=[pip, uv, user])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """Give the folder with the commands of an installation."""
    place = tmp_path_factory.mktemp("place") / "my programs"
    commands: Path = request.param(place, wheel)
    return commands


def run(
    call: list[str], folder: Path, home: Path, cwd: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "HOME": str(home), "GETMESH_HOME": str(home), "KUBECONFIG": os.devnull}
    given |= {"PYTHONUSERBASE": str(folder.parent)} | environ
    return subprocess.run(call, env=given, cwd=cwd or home, capture_output=True, text=True, check=False, timeout=60)


def links(folder: Path, place: Path) -> list[Path]:
    """Give the command and links to it: absolute as pipx and uv make them, relative, and a link to a link."""
    absolute, relative, far = (place / name / "getmesh" for name in ("absolute", "relative", "far away"))
    for path in (absolute, relative, far):
        path.parent.mkdir()
    absolute.symlink_to(folder / "getmesh")
    relative.symlink_to(os.path.relpath(folder / "getmesh", relative.parent))
    far.symlink_to("../relative/getmesh")
    return [folder / "getmesh", absolute, relative, far]


def test_it_finds_python_through_links_and_blanks(folder: Path, tmp_path: Path) -> None:
    for command in links(folder, tmp_path):
        done = run([str(command), "--version"], folder, tmp_path)
        assert (done.stdout, done.stderr) == (f"getmesh {__version__}\n", ""), command
    done = run(["getmesh", "--version"], folder, tmp_path, PATH=f"{folder}:{os.environ['PATH']}")
    assert done.stdout == f"getmesh {__version__}\n"
    assert run(["./getmesh", "--version"], folder, tmp_path, cwd=folder).returncode == 0


@pytest.mark.parametrize("shell", SHELLS)
def test_istioctl_runs_without_interpreter_and_other_programs(folder: Path, tmp_path: Path, shell: str) -> None:
    put_build(tmp_path, "1.31.1-istio-v0", b'#!/bin/sh\necho "istioctl $*"\nexit 7\n')
    (tmp_path / "work").mkdir()
    told_by_loader = [path for path in LOADERS if Path(path).exists()]
    nothing = {"PYTHONHOME": "/nowhere"}
    if len(told_by_loader) == 1:
        nothing["PATH"] = "/nowhere"
    for command in links(folder, tmp_path / "work"):
        done = run([*by(shell, command), "istioctl", "a  b"], folder, tmp_path, None, **nothing)
        assert (done.returncode, done.stdout, done.stderr) == (7, "istioctl a  b\n", "")


def test_a_folder_full_of_traps_does_not_take_over(folder: Path, tmp_path: Path) -> None:
    for name in ("click", "getmesh", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken over')\n")
    assert run([str(folder / "getmesh"), "--version"], folder, tmp_path).returncode == 0


def test_a_half_installation_says_what_is_missing(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "getmesh", tmp_path / "getmesh")
    done = run([str(tmp_path / "getmesh"), "list"], folder, tmp_path)
    assert done.returncode == 4
    assert done.stderr == f"getmesh: {tmp_path}/getmesh-python is missing; install getmesh again\n"


def test_the_command_of_this_environment_is_the_one_in_the_sources() -> None:
    assert Path(sys.executable).with_name("getmesh").read_bytes() == SOURCE.read_bytes()
