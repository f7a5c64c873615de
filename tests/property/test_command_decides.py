"""The command ``getmesh``, a shell script, and Python choose the same build for the same state of disk and environment.

The script may leave a call to Python; what it answers itself must be Python's answer.
"""

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from getmesh.distributions import contexts, passthrough
from getmesh.distributions.layout import read_active
from getmesh.distributions.names import host_platform
from getmesh.distributions.records import render
from getmesh.distributions.shortcut import leave_shortcut, shortcut_file
from getmesh.ports.disk import write_atomically
from tests.fakes.commands import LEFT, SHELLS, by, put_command
from tests.fakes.stores import put_build

NAMES = ("1.29.4-istio-v0", "1.30.4-istio-v0", "1.30.5-istio-v0", "1.30.5-tetrate-v10", "1.31.1-istio-v0")
WORDS = ("ps", "help", "version", "install", "--", "-n", "-h", "--context", "--context=x", "-cx", "-i", "", "a b", "-é")
FOREIGN = "linux/arm64" if host_platform() == "linux/amd64" else "linux/amd64"
Answer = str | None


class Change(NamedTuple):
    """What happens to the state after getmesh has left its shortcut."""

    fetched: str = ""
    switched: str = ""
    cut: bool = False
    removed: bool = False
    foreign: bool = False
    kubeconfig: str = ""
    expired: bool = False
    text: str = ""


class State(NamedTuple):
    """A home, a working folder and an environment; all of them small."""

    fetched: tuple[str, ...] = ("1.30.4-istio-v0", "1.31.1-istio-v0")
    kubeconfig: str = "file"
    wish: str | None = None
    version_file: str = ""
    depth: int = 0
    variables: tuple[tuple[str, str], ...] = ()
    change: Change = Change()


CHANGES = st.builds(
    Change,
    fetched=st.sampled_from(("", "", *NAMES)),
    switched=st.sampled_from(("", "", *NAMES)),
    cut=st.booleans(),
    removed=st.booleans(),
    foreign=st.booleans(),
    kubeconfig=st.sampled_from(("", "", "", "touched", "older", "emptied", "gone")),
    expired=st.booleans(),
    text=st.sampled_from(("", "", "", "", "getmesh-active: 2\n", "sha256: ../../x\nplatform: linux/amd64\n")),
)
VARIABLES = st.sampled_from(
    (("GETMESH_OFFLINE", "1"), ("GETMESH_OFFLINE", "0"), ("GETMESH_ISTIO_VERSION", "1.30"), ("KUBECONFIG", "config"),
     ("KUBECONFIG", "/dev/null"), ("KUBECONFIG", "a:b"), ("KUBECONFIG", ""), ("getmesh_home", "/"))
)  # fmt: skip
STATES = st.builds(
    State,
    fetched=st.lists(st.sampled_from(NAMES), unique=True, max_size=4).map(tuple),
    kubeconfig=st.sampled_from(("file", "file", "empty", "none")),
    wish=st.sampled_from((None, "", *NAMES)),
    version_file=st.sampled_from(("", "", "", "1.30", ">=1.30", "nonsense")),
    depth=st.integers(0, 2),
    variables=st.lists(VARIABLES, max_size=2).map(tuple),
    change=CHANGES,
)
MEMORY = State(wish="1.30.5-istio-v0")


class World:
    """A state on disk, which is this process's own as far as the environment goes."""

    def __init__(self, folder: Path, state: State, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.home = folder, folder / "home of one"
        self.work = folder / "work" / "/".join("d" * state.depth)
        self.work.mkdir(parents=True)
        self.kubeconfig = folder / ".kube" / "config"
        self.kubeconfig.parent.mkdir()
        if state.kubeconfig != "none":
            self.kubeconfig.write_text("clusters: []\n" if state.kubeconfig == "file" else "")
            self._date(self.kubeconfig, 300)
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "GETMESH_HOME": str(self.home)}
        self.environ |= dict(state.variables)
        patch.setattr(os, "environ", self.environ)
        for name in state.fetched:
            self._fetch(name)
        if state.wish is not None:
            self._remember(state.wish)
        leave_shortcut(str(self.home), self.environ)
        if state.version_file:
            (folder / "work" / ".istio-version").write_text(state.version_file + "\n")
        self._change(state.change)

    def by_python(self, words: list[str], patch: pytest.MonkeyPatch) -> Answer:
        """Give the build that Python runs without further ado, None if it has to explain or to ask."""
        seen: list[str] = []
        patch.chdir(self.work)
        patch.setattr(passthrough, "become", lambda path, _: seen.append(Path(path).read_text()))
        patch.setattr(passthrough, "leave_shortcut", lambda *_: None)
        passthrough.pass_through(words)
        return seen[0].split()[-1] if seen else None

    def by_script(self, command: list[str], words: list[str]) -> tuple[bool, Answer]:
        """Give whether the script answered by itself, and the build that it ran."""
        done = subprocess.run(
            [*command, "istioctl", *words], env=self.environ, cwd=self.work, capture_output=True, check=False
        )
        assert done.stderr == b""
        return done.returncode != LEFT, done.stdout.decode().strip() or None

    def _fetch(self, name: str, *, activate: bool = True) -> None:
        put_build(self.home, name, f"#!/bin/sh\necho {name}".encode(), activate=activate)

    def _remember(self, wish: str) -> None:
        if key := contexts.context_key(self.environ, []):
            fields = contexts.remembered(str(self.home), key, wish, time.time())
            write_atomically(Path(contexts.memory_file(str(self.home))), render("contexts", fields))

    def _change(self, change: Change) -> None:
        if change.fetched:
            self._fetch(change.fetched, activate=False)
        if change.switched:
            self._fetch(change.switched)
        fields = read_active(str(self.home))
        blob = self.home / "blobs" / (fields or {}).get("sha256", "none") / "istioctl"
        if change.cut and blob.exists():
            blob.write_bytes(blob.read_bytes()[:-3])
            self._date(blob, -2)  # some shells compare times by the second
        if change.removed and fields:
            next((self.home / "builds").iterdir()).unlink()
        if change.foreign and fields:
            pointer = self.home / "active"
            pointer.write_text(re.sub(r"(?m)^platform: .*", f"platform: {FOREIGN}", pointer.read_text()))
        if change.text:
            write_atomically(self.home / "active", f"getmesh-active: 1\n{change.text}".encode())
        self._change_kubeconfig(change.kubeconfig)
        if change.expired:
            self._expire()

    def _expire(self) -> None:
        """Let the answer of the control plane be older than it may be."""
        Path(contexts.memory_file(str(self.home))).unlink(missing_ok=True)
        shortcut = Path(shortcut_file(str(self.home)))
        if shortcut.exists():
            modified = shortcut.stat().st_mtime_ns
            shortcut.write_text(re.sub(r"(?m)^expires: .*", "expires: 1", shortcut.read_text()))
            os.utime(shortcut, ns=(modified, modified))

    def _change_kubeconfig(self, change: str) -> None:
        if change == "gone":
            self.kubeconfig.unlink(missing_ok=True)
        elif change == "emptied":
            self.kubeconfig.write_text("")
        elif change and self.kubeconfig.exists():
            self._date(self.kubeconfig, 30 if change == "touched" else 4000)

    def _date(self, path: Path, seconds: float) -> None:
        moment = time.time() - seconds
        os.utime(path, (moment, moment))


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    script = put_command(tmp_path_factory.mktemp("bin"), whole=False)
    return [by(shell, script) for shell in SHELLS]


@given(STATES, st.lists(st.sampled_from(WORDS), max_size=3), st.integers(0, 5))
@example(MEMORY, ["ps"], 0)
@example(MEMORY, ["help"], 0)
@example(MEMORY._replace(change=Change(switched="1.30.5-istio-v0")), ["ps"], 0)
@example(MEMORY._replace(change=Change(kubeconfig="older")), ["ps"], 0)
@example(State(kubeconfig="none", change=Change(cut=True)), ["ps"], 1)
@settings(max_examples=150, deadline=None)
def test_what_the_script_answers_is_pythons_answer(
    commands: list[list[str]], state: State, words: list[str], shell: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        world = World(Path(folder), state, patch)
        answered, build = world.by_script(commands[shell % len(commands)], words)
        if answered:
            assert build is not None
            assert build == world.by_python(words, patch)


@pytest.mark.parametrize(
    ("state", "words", "build"),
    [
        (State(kubeconfig="none"), ["ps"], "1.31.1-istio-v0"),
        (State(kubeconfig="empty"), ["-n", "install", "ps"], "1.31.1-istio-v0"),
        (State(variables=(("GETMESH_OFFLINE", "1"),)), ["ps", "-cx"], "1.31.1-istio-v0"),
        (State(), ["help"], "1.31.1-istio-v0"),
        (State(wish=""), ["ps"], "1.31.1-istio-v0"),
        (MEMORY, ["-n", "shop", "ps", "--", "install"], "1.30.4-istio-v0"),
        (MEMORY, ["help"], "1.31.1-istio-v0"),
        (MEMORY, [], "1.31.1-istio-v0"),
        (MEMORY._replace(change=Change(switched="1.30.4-istio-v0")), ["ps"], "1.30.4-istio-v0"),
        (State(wish="1.29.1-istio-v0", change=Change(switched="1.30.4-istio-v0")), ["ps"], "1.30.4-istio-v0"),
    ],
)
def test_usual_calls_start_no_interpreter(
    commands: list[list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    state: State,
    words: list[str],
    build: str,
) -> None:
    world = World(tmp_path, state, monkeypatch)
    for command in commands:
        assert world.by_script(command, words) == (True, build)


@pytest.mark.parametrize(
    "state",
    [
        MEMORY._replace(change=Change(fetched="1.30.5-istio-v0")),
        MEMORY._replace(change=Change(removed=True)),
        MEMORY._replace(change=Change(kubeconfig="touched")),
        MEMORY._replace(change=Change(kubeconfig="older")),
        MEMORY._replace(change=Change(expired=True)),
        MEMORY._replace(version_file="1.30", depth=2),
        State(kubeconfig="none", change=Change(cut=True)),
        State(kubeconfig="none", change=Change(foreign=True)),
        State(kubeconfig="none", change=Change(text="getmesh-active: 2\n")),
        State(kubeconfig="none", variables=(("GETMESH_ISTIO_VERSION", "1.30"),)),
        State(),
    ],
)
def test_what_may_have_changed_is_left_to_python(
    commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    world = World(tmp_path, state, monkeypatch)
    for command in commands:
        assert world.by_script(command, ["ps"]) == (False, None)
