"""The command ``getmesh`` as an installer puts it, started by every shell at hand."""

import shutil
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src/bin/getmesh"
SHELLS = [shell for shell in ("dash", "bash", "busybox", "mksh") if shutil.which(shell)] or ["sh"]
LEFT = 99


def put_command(folder: Path, *, whole: bool = True) -> Path:
    """Put the script into a folder and give its path.

    Args:
        folder: made if it does not exist.
        whole: with the real getmesh behind it, else with one that only says by its exit code that it was called.
    """
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "getmesh"
    shutil.copy(SOURCE, script)
    rest = f'exec "{sys.executable}" -m getmesh "$@"' if whole else f"exit {LEFT}"
    (folder / "getmesh-python").write_text(f"#!/bin/sh\n{rest}\n")
    (folder / "getmesh-python").chmod(0o755)
    return script


def by(shell: str, script: Path) -> list[str]:
    """Give the call that runs the script by a shell."""
    program = shutil.which(shell) or shell
    return [program, *(["sh"] if shell == "busybox" else []), str(script)]
