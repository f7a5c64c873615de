"""Starts and ends the programs of the rig."""

import os
import random
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.rig.programs import program

# Below the ports that systems give to outgoing connections: those may be taken between the look and the start.
_LISTENING: Final = (15_000, 32_000)


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
    """Give a port of loopback that nobody listens on, and that no outgoing connection will take before it is used."""
    while True:
        port = random.randrange(*_LISTENING)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
