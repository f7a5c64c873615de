"""Command lines of getmesh as processes of their own that start at once: forked from one that has all of it loaded.

``Forks`` talks to that process; run as a program this file is it. One command line runs at a time.
"""

import importlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]


class Forks(AbstractContextManager["Forks"]):
    """Starts command lines in a folder.

    Args:
        folder: where they run; ``output`` in it takes what they print.
        environ: their environment.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.output = folder / "output"
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            cwd=folder, env={**environ, "PYTHONPATH": str(ROOT)}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._answer() == "ready"

    def start(self, arguments: Sequence[str], *, file_size: int | None = None) -> int:
        """Start a command line and give its process id, which stays its own until `wait` is called.

        Args:
            arguments: without the program's name.
            file_size: bytes that a file may have, as on a disk that is full; None for no limit. With a limit nothing
                that is printed is kept.
        """
        request = {"arguments": list(arguments), "output": str(self.output), "file_size": file_size}
        self._ask(json.dumps(request))
        return int(self._answer())

    def wait(self) -> int:
        """Wait for the command line that was started; give its exit code, negative for a signal."""
        self._ask("wait")
        return int(self._answer())

    def run(self, arguments: Sequence[str], *, file_size: int | None = None) -> int:
        """Run a command line to its end."""
        self.start(arguments, file_size=file_size)
        return self.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        _open(self._process.stdin).close()
        self._process.wait(30)
        _open(self._process.stdout).close()

    def _ask(self, line: str) -> None:
        pipe = _open(self._process.stdin)
        pipe.write(f"{line}\n")
        pipe.flush()

    def _answer(self) -> str:
        return _open(self._process.stdout).readline().strip()


def _open(pipe: "IO[str] | None") -> "IO[str]":
    assert pipe is not None
    return pipe


def _live(request: dict[str, Any]) -> int:
    """Be the command line: nothing comes back from here but its exit code."""
    from getmesh.cli.boundary import run  # noqa: PLC0415 - loaded by now

    quiet = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    for stream in (1, 2):
        os.dup2(quiet if request["file_size"] is None else nothing, stream)
    if request["file_size"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_size"],) * 2)
    return run(request["arguments"])


def _serve() -> None:
    """Fork for each request and tell the process id; when asked, wait for it and tell how it ended."""
    for name in ("kubernetes.client", "getmesh.cli.app", "getmesh.cli.gen_ca", "getmesh.cli.ca", "getmesh.ca.rotation"):
        importlib.import_module(name)
    _tell("ready")
    child = 0
    while line := sys.stdin.readline().strip():
        if line == "wait":
            _tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            continue
        child = os.fork()
        if child == 0:
            os._exit(_live(json.loads(line)))
        _tell(child)


def _tell(answer: object) -> None:
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()
