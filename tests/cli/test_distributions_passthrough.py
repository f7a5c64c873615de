"""``getmesh istioctl`` is istioctl: arguments, streams, signals, exit codes, by both ways in."""

import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from getmesh.distributions.calls import INSTALLING, command_of
from tests.fakes.commands import SHELLS, by, put_command
from tests.fakes.stores import put_build

ROOT = Path(__file__).resolve().parents[2]
TRAP = b"""#!/bin/sh
case "$1" in
  --dump) shift; for word in "$@"; do printf '%s\\0' "$word"; done ;;
  --env) env -0 ;;
  --cat) cat ;;
  --exit) exit "$2" ;;
  --kill) kill -s "$2" $$ ;;
  --tty) [ -t 0 ] && [ -t 1 ] && echo terminal || echo none ;;
  --wait) trap 'echo got TERM; exit 7' TERM; echo ready; while :; do sleep 0.05; done ;;
  --yes) while :; do echo y || exit 1; done ;;
esac
"""
FLAGS = ["--color=false", "--remote=false", "--use-kube=false", "--wait=true", "--", "-", "-n", "-f", "--help", "-h"]
TEXTS = ["a=b=c", "'", '"', "$HOME", "`id`", "*", "\\", "x\ny", "\t", "é", "日本", "%s%n", " spaced ", ""]
WORDS = ["install", "upgrade", "manifest", *FLAGS, *TEXTS]
BUILD = "1.31.1-istio-v0"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a home whose active build is the program above."""
    folder = tmp_path_factory.mktemp("passthrough")
    put_active(folder / "home", TRAP)
    return folder / "home"


def put_active(home: Path, content: bytes) -> None:
    put_build(home, BUILD, content)


@pytest.fixture(scope="module", params=["python", *SHELLS])
def way(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Give every way to start getmesh."""
    if request.param == "python":
        return [sys.executable, "-m", "getmesh"]
    return by(request.param, put_command(tmp_path_factory.mktemp("bin of somebody")))


def environment(home: Path, **more: str) -> dict[str, str]:
    keep = {key: value for key, value in os.environ.items() if not key.startswith(("GETMESH", "KUBE", "PYTHONDONT"))}
    return keep | {"GETMESH_HOME": str(home), "KUBECONFIG": os.devnull} | more


def run(way: list[str], home: Path, *arguments: str | bytes, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*way, "istioctl", *arguments], input=stdin, capture_output=True, env=environment(home), check=False, timeout=60
    )


def lists(count: int, seed: int) -> Iterator[list[bytes]]:
    """Give argument lists: words that broke others before, and random bytes of every kind but NUL."""
    source = random.Random(seed)
    for _ in range(count):
        words = []
        for _ in range(source.randrange(9)):
            if source.random() < 0.5:
                words.append(source.choice(WORDS).encode())
            else:
                words.append(bytes(source.randrange(1, 256) for _ in range(source.randrange(12))))
        yield words


@pytest.mark.parametrize("seed", range(12))
def test_arguments_arrive_byte_for_byte(way: list[str], home: Path, seed: int) -> None:
    for words in lists(2, seed):
        done = run(way, home, "--dump", *words)
        received = done.stdout.split(b"\0")[:-1]
        text = [os.fsdecode(word) for word in words]
        if command_of(["--dump", *text]) not in INSTALLING:
            assert received == words, done.stderr


@pytest.mark.parametrize("through", [[], ["--script"]])
def test_a_thousand_argument_lists_arrive(through: list[str]) -> None:
    fuzz = [sys.executable, str(ROOT / "bench" / "passthrough_fuzz.py"), "--count", "1000", *through]
    done = subprocess.run(fuzz, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("code", [0, 1, 2, 42, 255])
def test_the_exit_code_is_istioctls(way: list[str], home: Path, code: int) -> None:
    assert run(way, home, "--exit", str(code)).returncode == code


@pytest.mark.parametrize("name", ["KILL", "SEGV", "TERM"])
def test_death_by_signal_is_seen_as_such(way: list[str], home: Path, name: str) -> None:
    assert run(way, home, "--kill", name).returncode == -getattr(signal, f"SIG{name}")


def test_standard_input_and_output_are_istioctls(way: list[str], home: Path) -> None:
    data = random.Random(1).randbytes(300_000)
    assert run(way, home, "--cat", stdin=data).stdout == data


def test_a_signal_reaches_istioctl_itself(way: list[str], home: Path) -> None:
    with subprocess.Popen([*way, "istioctl", "--wait"], stdout=subprocess.PIPE, env=environment(home)) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGTERM)
        assert child.stdout.read() == b"got TERM\n"
        assert child.wait(timeout=10) == 7


def test_a_reader_that_leaves_ends_istioctl(way: list[str], home: Path) -> None:
    with subprocess.Popen([*way, "istioctl", "--yes"], stdout=subprocess.PIPE, env=environment(home)) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.wait(timeout=10) == -signal.SIGPIPE


def test_the_terminal_is_istioctls(way: list[str], home: Path) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        [*way, "istioctl", "--tty"], stdin=slave, stdout=slave, stderr=slave, env=environment(home)
    ) as child:
        os.close(slave)
        assert child.wait(timeout=20) == 0
        assert b"terminal" in os.read(master, 1000)
    os.close(master)


def test_the_environment_is_untouched(way: list[str], home: Path) -> None:
    own = dict.fromkeys(("value", "line", "word", "folder", "binary", "file", "python"), "mine")
    sent = environment(home, LC_ALL="C.UTF-8", ODD="a=b\nc", **own)
    done = subprocess.run([*way, "istioctl", "--env"], capture_output=True, env=sent, check=True, timeout=60)
    received = dict(line.split(b"=", 1) for line in done.stdout.split(b"\0") if line)
    shell_made = {b"_", b"SHLVL", b"PWD", b"OLDPWD"}
    assert {key: value for key, value in received.items() if key not in shell_made} == {
        key.encode(): value.encode() for key, value in sent.items() if key.encode() not in shell_made
    }


def test_no_process_of_ours_stays(way: list[str], home: Path) -> None:
    with subprocess.Popen([*way, "istioctl", "--wait"], stdout=subprocess.PIPE, env=environment(home)) as child:
        assert child.stdout is not None
        child.stdout.readline()
        line = Path(f"/proc/{child.pid}/cmdline")
        if line.exists():
            assert line.read_bytes().split(b"\0")[1:3] != [b"-m", b"getmesh"]
        child.kill()


def test_a_binary_cut_short_is_not_run(way: list[str], tmp_path: Path) -> None:
    put_active(tmp_path / "home", TRAP)
    (blob,) = (tmp_path / "home" / "blobs").iterdir()
    (blob / "istioctl").write_bytes(TRAP[:-10])
    os.utime(blob / "istioctl", (time.time() + 2, time.time() + 2))  # some shells compare times by the second
    done = run(way, tmp_path / "home", "--exit", "0")
    assert done.returncode == 2
    assert b"bytes instead of" in done.stderr


def test_what_is_no_program_is_an_error_with_a_cure(tmp_path: Path) -> None:
    put_active(tmp_path / "home", b"\x00\x01 no program")
    done = run([sys.executable, "-m", "getmesh"], tmp_path / "home", "x")
    assert done.returncode == 4
    assert b"getmesh fetch" in done.stderr


def test_a_working_folder_that_is_gone_is_no_crash(way: list[str], home: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd {gone}; rmdir {gone}; exec "$@"'
    done = subprocess.run(
        ["sh", "-c", script, "sh", *way, "istioctl", "--exit", "3"], env=environment(home), check=False, timeout=60
    )
    assert done.returncode == 3


def test_a_version_file_that_nothing_fits_stops_every_way(home: Path, way: list[str], tmp_path: Path) -> None:
    (tmp_path / ".istio-version").write_text("1.29\n")
    done = subprocess.run(
        [*way, "istioctl", "--exit", "0"],
        env=environment(home),
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert b"no fetched build fits 1.29" in done.stderr


def test_a_real_istioctl_runs_where_there_is_one(tmp_path: Path) -> None:
    real = os.environ.get("GETMESH_TEST_ISTIOCTL") or shutil.which("istioctl") or "/bin/echo"
    put_active(tmp_path / "home", Path(real).read_bytes())
    done = run([sys.executable, "-m", "getmesh"], tmp_path / "home", "version", "--remote=false")
    direct = subprocess.run([real, "version", "--remote=false"], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (direct.returncode, direct.stdout)


def test_a_call_loads_next_to_nothing(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "getmesh", "istioctl", "--exit", "0"],
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    imported = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    ours = imported[imported.index("getmesh") :]
    allowed = {"getmesh", "_signal", "gc", "time", "__future__"}
    assert {name for name in ours if name.split(".")[0] not in allowed} <= set()
