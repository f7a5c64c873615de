"""Other programs, run to their end with their output taken."""

import subprocess
from collections.abc import Mapping, Sequence
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

        Ctrl-C reaches the program through the terminal; we wait for what it makes of it.

        Raises:
            EnvironmentFailed: it cannot be started.
        """
        try:
            with subprocess.Popen(list(arguments), env=self._environ) as child:  # noqa: S603 - as above
                while True:
                    try:
                        code = child.wait()
                        break
                    except KeyboardInterrupt:
                        continue
        except OSError as error:
            raise EnvironmentFailed(f"{arguments[0]}: {error.strerror}") from error
        return code if code >= 0 else 128 - code
