"""Other programs, run to their end with their output taken."""

import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from getmesh.errors import EnvironmentFailed


class Outcome(NamedTuple):
    """What a program left behind."""

    code: int
    output: str
    errors: str


class ProcessPort(Protocol):
    """Runs programs."""

    def run(self, arguments: Sequence[str], *, seconds: float) -> Outcome:
        """Run a program to its end, its output taken."""
        ...

    def attach(self, arguments: Sequence[str]) -> int:
        """Run a program on our own terminal and streams and give its exit code."""
        ...


class Processes:
    """The machine's programs, with the environment given."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)

    def run(self, arguments: Sequence[str], *, seconds: float) -> Outcome:
        """Run a program to its end, its output taken.

        Raises:
            EnvironmentFailed: it cannot be started or takes longer.
        """
        try:
            done = subprocess.run(  # noqa: S603 - a list, no shell; the program comes from our store or was named
                list(arguments),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                env=self._environ,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EnvironmentFailed(f"{arguments[0]} took longer than {seconds:g} seconds") from error
        except OSError as error:
            raise EnvironmentFailed(f"{arguments[0]}: {error.strerror}") from error
        return Outcome(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def attach(self, arguments: Sequence[str]) -> int:
        """Run a program on our own terminal and streams and give its exit code, 128 + n after signal n.

        Ctrl-C reaches the program through the terminal, and a request to end is handed on; we wait for what the program
        makes of it.

        Raises:
            EnvironmentFailed: it cannot be started.
        """
        try:
            with subprocess.Popen(list(arguments), env=self._environ) as child, _handing_on(child):  # noqa: S603 - as above
                code = child.wait()
        except OSError as error:
            raise EnvironmentFailed(f"{arguments[0]}: {error.strerror}") from error
        return code if code >= 0 else 128 - code


@contextmanager
def _handing_on(child: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Leave Ctrl-C to the child, and pass it the signals that ask to end."""

    def hand_on(number: int, frame: object) -> None:
        del frame
        child.send_signal(number)

    def leave(number: int, frame: object) -> None:
        del number, frame

    before = {number: signal.signal(number, hand_on) for number in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
