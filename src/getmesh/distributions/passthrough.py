"""``getmesh istioctl ARGS…``: become istioctl, with nothing of ours left in between.

Arguments, environment, terminal, standard streams, signals and exit code are istioctl's own, because the process is
replaced. Only ``os`` and a handful of small modules are loaded on the way.
"""

import os
import sys

from getmesh.distributions import calls, layout
from getmesh.distributions.contexts import cached_wish
from getmesh.distributions.resolution import UnresolvedError, find_version_file, resolve
from getmesh.distributions.shortcut import leave_shortcut


def pass_through(arguments: list[str]) -> int | None:
    """Replace this process by the istioctl that the call resolves to.

    Returns:
        None when the call needs the whole command line: it installs, the control plane has to be asked first, or
        there is something to explain. The caller then runs ``getmesh.cli`` with the same arguments.
    """
    if calls.command_of(arguments) in calls.INSTALLING:
        return None
    home = layout.home_folder(os.environ)
    folder = working_folder()
    wish = "" if find_version_file(folder) else cached_wish(home, os.environ, arguments)
    if wish is None:
        return None
    try:
        decision = resolve(home, os.environ, folder, None, lambda: (wish, ""))
    except (UnresolvedError, layout.DamagedError):
        return None
    leave_shortcut(home, os.environ)
    become(decision.path, arguments)
    return None


def become(path: str, arguments: list[str]) -> None:
    """Replace this process by a program; comes back only if that is impossible.

    Python ignores two signals that a program expects to be told of; they are given back first. What was printed is
    flushed, since the buffers do not survive.
    """
    # The C part alone, since `signal` builds enums: milliseconds of every call.
    import _signal  # type: ignore[import-not-found]  # noqa: PLC0415 - typeshed does not list it

    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_DFL)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execv(path, ["istioctl", *arguments])  # noqa: S606 - no shell on purpose; the path comes from our store
    except OSError:
        _signal.signal(_signal.SIGPIPE, _signal.SIG_IGN)


def working_folder() -> str | None:
    """Give the working folder, None if it has been deleted."""
    try:
        return os.getcwd()  # noqa: PTH109 - pathlib would cost each call several milliseconds
    except OSError:
        return None
