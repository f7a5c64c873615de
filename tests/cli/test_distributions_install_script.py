"""install.sh: says what it does, verifies what it takes, and takes back what it did."""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from getmesh import __version__
from tests.fakes.stores import put_build
from tools.render_install import render

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "install.sh"
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)] or ["sh"]


class _Person:
    def __init__(self, folder: Path) -> None:
        self.home = folder / "home of somebody"
        self.home.mkdir()
        self.bin = self.home / ".local" / "bin"
        self.prefix = self.home / ".getmesh"

    def sh(self, *arguments: str, shell: str = SHELLS[0], script: Path = SCRIPT) -> subprocess.CompletedProcess[str]:
        start = ["busybox", "sh"] if shell == "busybox" else [shell]
        return subprocess.run(
            [*start, str(script), "--python", sys.executable, *arguments],
            env={"HOME": str(self.home), "PATH": os.environ["PATH"], "PYTHONPATH": sysconfig.get_path("purelib")},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    def everything(self) -> list[str]:
        # pip asks rustc for its version, and rustup then makes a folder.
        paths = [path.relative_to(self.home) for path in self.home.rglob("*")]
        return sorted(path.as_posix() for path in paths if path.parts[0] not in {".rustup", ".cache"})


@pytest.fixture
def person(tmp_path: Path) -> _Person:
    return _Person(tmp_path)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_installs_a_command_that_works_and_takes_it_all_back(person: _Person, wheel: Path) -> None:
    profile = person.home / ".bashrc"
    profile.write_text("# mine\n")
    done = person.sh("--wheel", str(wheel), "--sha256", sha256(wheel), "--no-istio")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is not in your PATH" in done.stdout
    for shell, begins in (("bash", "# getmesh completion"), ("zsh", "#compdef"), ("fish", "# getmesh completion")):
        assert (person.prefix / f"tool/completion/getmesh.{shell}").read_text().startswith(begins)
    assert profile.read_text() == "# mine\n"
    clean = {"HOME": str(person.home), "PATH": "/usr/bin:/bin"}
    version = subprocess.run(
        [person.bin / "getmesh", "--version"], env=clean, capture_output=True, text=True, check=True
    )
    assert version.stdout == f"getmesh {__version__}\n"
    put_build(person.prefix, "1.31.1-istio-v0", b"#!/bin/sh\necho run $1\n")
    call = [str(person.bin / "getmesh"), "istioctl", "x"]
    assert subprocess.run(call, env=clean, capture_output=True, text=True, check=True).stdout == "run x\n"
    assert person.sh("--uninstall").returncode == 0
    assert not (person.bin / "getmesh").exists()
    assert (person.prefix / "active").exists()
    assert person.sh("--uninstall", "--purge").returncode == 0
    assert person.everything() == [".bashrc", ".local", ".local/bin"]


def test_a_wrong_checksum_installs_nothing(person: _Person, wheel: Path) -> None:
    done = person.sh("--wheel", str(wheel), "--sha256", "0" * 64)
    assert done.returncode == 4
    assert "nothing was installed" in done.stderr
    assert person.everything() == []


@pytest.mark.parametrize("shell", SHELLS)
def test_a_dry_run_says_every_step_and_takes_none(person: _Person, wheel: Path, shell: str) -> None:
    done = person.sh("--wheel", str(wheel), "--sha256", sha256(wheel), "--dry-run", shell=shell)
    assert done.returncode == 0, done.stderr
    for said in ("-m venv", "pip install", "ln -sf", "fetch latest", sha256(wheel)):
        assert said in done.stdout
    assert person.everything() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "names no release"),
        (["--wheel", "x.whl"], "no checksum is known"),
        (["--wheel", "http://example.com/x.whl", "--sha256", "0" * 64], "only https"),
        (["--nonsense"], "unknown option"),
        (["--prefix"], "needs a value"),
    ],
)
def test_a_wrong_call_is_refused(person: _Person, arguments: list[str], said: str) -> None:
    done = person.sh(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert person.everything() == []


def test_a_command_that_is_not_ours_is_never_replaced(person: _Person, wheel: Path) -> None:
    person.bin.mkdir(parents=True)
    (person.bin / "getmesh").write_text("theirs")
    assert person.sh("--wheel", str(wheel), "--sha256", sha256(wheel), "--no-istio").returncode == 1
    person.sh("--uninstall")
    assert (person.bin / "getmesh").read_text() == "theirs"


def test_a_release_is_pinned_by_checksums(person: _Person, wheel: Path, tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("click==8.1 --hash=sha256:00\n")
    text = render(SCRIPT.read_text(), wheel, requirements, "https://example.com/release")
    pinned = tmp_path / "pinned.sh"
    pinned.write_text(text)
    done = person.sh("--dry-run", script=pinned)
    assert done.returncode == 0, done.stderr
    for said in (f"https://example.com/release/{wheel.name}", sha256(wheel), sha256(requirements), "--require-hashes"):
        assert said in done.stdout
    with pytest.raises(ValueError, match="https"):
        render(SCRIPT.read_text(), wheel, requirements, "http://example.com")
