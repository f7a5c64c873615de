"""What the control plane behind a kubeconfig runs, remembered for a while so that calls of istioctl need not ask.

A remembered answer belongs to the kubeconfig files as they were (path, time, size), the context and the namespace.
"""
# ruff: noqa: PTH100, PTH111, PTH116, PTH118 - pathlib costs every call milliseconds

import os
import time

from getmesh.distributions.calls import command_of, flag_value
from getmesh.distributions.layout import DamagedError, read_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

KNOWN_SECONDS = 600
UNKNOWN_SECONDS = 60
_REMEMBERED = 32
LOCAL = frozenset({"", "help", "completion", "__complete", "__completeNoDesc"})


def cached_wish(home: str, environ: "Mapping[str, str]", arguments: list[str]) -> str | None:
    """Give the build name that the control plane runs, empty for none, None if it has to be asked.

    It is not asked offline, without a kubeconfig, for commands that need no cluster, when an earlier rule decides
    anyway, or when the answer could not be remembered.
    """
    if environ.get("GETMESH_OFFLINE") == "1" or environ.get("GETMESH_ISTIO_VERSION"):
        return ""
    if command_of(arguments) in LOCAL:
        return ""
    key = context_key(environ, arguments)
    if key is None:
        return ""
    answer = recall(home, key, time.time())
    if answer is None and not os.access(home, os.W_OK):
        return ""
    return answer


def context_key(environ: "Mapping[str, str]", arguments: list[str]) -> str | None:
    """Give what tells clusters apart, None if there is no kubeconfig file."""
    given = flag_value(arguments, "--kubeconfig", "-c")
    files = [given] if given else [path for path in environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    states = []
    for path in files or [os.path.expanduser("~/.kube/config")]:
        try:
            status = os.stat(path)
        except OSError:
            continue
        if not status.st_size:
            continue  # nothing can be configured there, as in /dev/null
        states.append(f"{os.path.abspath(path)} {status.st_mtime_ns} {status.st_size}")
    if not states:
        return None
    context = flag_value(arguments, "--context") or ""
    namespace = flag_value(arguments, "--istioNamespace", "-i") or ""
    return " ".join(f"{' '.join(states)} context={context} namespace={namespace}".split())


def recall(home: str, key: str, now: float) -> str | None:
    """Give the remembered build name (empty: the cluster was asked in vain), None if nothing fresh is remembered."""
    known = known_until(home, key, now)
    return known[0] if known else None


def known_until(home: str, key: str, now: float) -> tuple[str, float] | None:
    """Give what is remembered and when it expires, in seconds since 1970; None if nothing fresh is."""
    for expires, wish, known in _entries(home):
        if known == key and now < expires:
            return wish, expires
    return None


def remembered(home: str, key: str, wish: str, now: float) -> dict[str, str]:
    """Give the fields of the memory with one answer more; the oldest ones are dropped."""
    fresh = [entry for entry in _entries(home) if entry[2] != key and now < entry[0]]
    fresh.append((now + (KNOWN_SECONDS if wish else UNKNOWN_SECONDS), wish, key))
    return {
        str(number): f"{int(expires)} {name or '-'} {known}"
        for number, (expires, name, known) in enumerate(fresh[-_REMEMBERED:])
    }


def memory_file(home: str) -> str:
    """Give the path of the memory."""
    return os.path.join(home, "cache", "contexts")


def _entries(home: str) -> list[tuple[float, str, str]]:
    try:
        fields = read_state(memory_file(home), "contexts") or {}
    except DamagedError:
        return []
    entries = []
    for value in fields.values():
        expires, _, rest = value.partition(" ")
        wish, _, key = rest.partition(" ")
        if expires.isdigit():
            entries.append((float(expires), "" if wish == "-" else wish, key))
    return entries
