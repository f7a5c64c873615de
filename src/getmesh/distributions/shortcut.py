"""What the command ``getmesh``, a shell script, may go by instead of starting an interpreter for each call of istioctl.

The shortcut says which build fits the control plane behind the usual kubeconfig, out of the builds that are fetched. It
holds as long as the answer of that control plane is remembered, and not after a change of kubeconfig or builds. Its
file has the kubeconfig's time of modification, which is how the script knows the kubeconfig again.
"""
# ruff: noqa: PTH105, PTH111, PTH116, PTH117, PTH118, PTH123, PTH208 - pathlib costs every call milliseconds

import os
import time

from getmesh.distributions import contexts, layout
from getmesh.distributions.names import host_platform, record_file
from getmesh.distributions.records import render
from getmesh.distributions.resolution import matching

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Some shells compare times by the second: what was changed this lately could be changed again unnoticed.
_SETTLED_SECONDS = 2
FOLLOW_ACTIVE = "-"


def shortcut_file(home: str) -> str:
    """Give the path of the shortcut."""
    return os.path.join(home, "cache", "shortcut")


def usual_kubeconfig(environ: "Mapping[str, str]") -> str:
    """Give the one kubeconfig of calls that name none, empty if there are several or it depends on the folder."""
    kubeconfig = environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")
    return "" if os.pathsep in kubeconfig or not os.path.isabs(kubeconfig) else kubeconfig


def saves_python(home: str, environ: "Mapping[str, str]", now: float) -> str:
    """Say whether a call that names neither version nor cluster starts an interpreter, and why or until when."""
    kubeconfig = usual_kubeconfig(environ)
    if not kubeconfig:
        return "started, since KUBECONFIG names several files or none by its whole path"
    try:
        status = os.stat(kubeconfig)
    except OSError:
        status = None
    if environ.get("GETMESH_OFFLINE") == "1" or status is None or not status.st_size:
        return "not started, since the active build decides"
    try:
        fields = layout.read_state(shortcut_file(home), "shortcut") or {}
        same = fields.get("kubeconfig") == kubeconfig and os.stat(shortcut_file(home)).st_mtime_ns == status.st_mtime_ns
    except (layout.DamagedError, OSError):
        same = False
    text = fields.get("expires", "") if same else ""
    expires = int(text) if text.isdigit() else 0
    if now >= expires:
        return "started once, to ask the control plane or because the kubeconfig is new"
    return f"not started for {int(expires - now)} seconds, since the control plane was asked"


def leave_shortcut(home: str, environ: "Mapping[str, str]") -> None:
    """Write the shortcut for the usual kubeconfig, if that is one settled file and its control plane's answer is known.

    It is only a cache: where it cannot be written, or is lost with the power, calls take an interpreter's time longer.
    """
    kubeconfig = usual_kubeconfig(environ)
    if not kubeconfig:
        return
    try:
        modified = os.stat(kubeconfig).st_mtime_ns
        files = sorted(name for name in os.listdir(os.path.join(home, "builds")) if not name.startswith("."))
        known = _known(home, environ, f" {modified} ")
        if known is None or time.time_ns() - modified < _SETTLED_SECONDS * 10**9:
            return
        fields = _fields(kubeconfig, files, *known)
        if not _holds(home, fields, modified):
            _write(shortcut_file(home), render("shortcut", fields), modified)
    except OSError:
        return


def _known(home: str, environ: "Mapping[str, str]", modified: str) -> tuple[str, float] | None:
    key = contexts.context_key(environ, [])
    return contexts.known_until(home, key, time.time()) if key is not None and modified in key else None


def _fields(kubeconfig: str, files: list[str], wish: str, expires: float) -> dict[str, str]:
    platform = host_platform()
    ending = record_file("", platform)
    match = matching([file.removesuffix(ending) for file in files if file.endswith(ending)], wish)
    return {
        "kubeconfig": kubeconfig,
        "expires": str(int(expires)),
        "fetched": " ".join(files),
        "build": record_file(match, platform) if match else FOLLOW_ACTIVE,
    }


def _holds(home: str, fields: dict[str, str], modified: int) -> bool:
    path = shortcut_file(home)
    try:
        return layout.read_state(path, "shortcut") == fields and os.stat(path).st_mtime_ns == modified
    except layout.DamagedError:
        return False


def _write(path: str, data: bytes, modified: int) -> None:
    part = f"{path}.{os.getpid()}"
    with open(part, "wb") as file:
        file.write(data)
    os.utime(part, ns=(modified, modified))
    os.replace(part, path)
