"""Crash logs: what a maintainer needs to mend a bug, kept on the user's disk."""

import os
import platform
import sys
import time
import traceback
from pathlib import Path

from getmesh import __version__


def home() -> Path:
    """Give the folder of getmesh's state: ``GETMESH_HOME``, else ``~/.getmesh``."""
    given = os.environ.get("GETMESH_HOME")
    return Path(given).expanduser() if given else Path.home() / ".getmesh"


def write_log(error: BaseException, arguments: list[str]) -> str:
    """Write a crash log and give a sentence that says where; a read-only home is no second failure.

    Values of options are left out, since they may hold secrets; names of options and the command stay.
    """
    shown = [text if text.startswith("-") or index == 0 else "…" for index, text in enumerate(arguments)]
    shown = [text.partition("=")[0] for text in shown]
    lines = [
        f"getmesh {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"arguments: {' '.join(shown)}",
        *traceback.format_exception(error),
    ]
    folder = home() / "crashes"
    file = folder / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text("\n".join(lines), encoding="utf-8", errors="backslashreplace")
    except OSError:
        sys.stderr.write("\n".join(lines[:1] + traceback.format_exception(error)[-3:]))
        return "the crash log could not be written; please report the lines above"
    return f"crash log: {file}; please report it with what you did"
