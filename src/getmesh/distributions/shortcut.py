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


def leave_shortcut(home: str, environ: "Mapping[str, str]") -> None:
    """Write the shortcut for the usual kubeconfig, if that is one settled file and its control plane's answer is known.

    It is only a cache: where it cannot be written, or is lost with the power, calls take an interpreter's time longer.
    """
    kubeconfig = environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")
    if os.pathsep in kubeconfig or not os.path.isabs(kubeconfig):
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
