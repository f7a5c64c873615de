"""Starts and ends the programs of the rig."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rig.programs import program


@contextmanager
def started(name: str, arguments: list[str], folder: Path, environ: dict[str, str] | None = None) -> Iterator[None]:
    """Run a program of the rig; its output goes to ``NAME.log``, and it ends with the block.

    Raises:
        RuntimeError: it is not built.
    """
    path = program(name)
    if path is None:
        raise RuntimeError(f"{name} is not built: run 'make rig'")
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [path, *arguments], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            env=os.environ | (environ or {}), start_new_session=True, cwd=folder,
        )  # fmt: skip
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Give a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
