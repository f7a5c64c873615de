"""The shipped tables are those that the generators make."""

import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).parents[3] / "tools"


def test_what_is_generated_from_our_own_files_is_up_to_date() -> None:
    command = [sys.executable, str(TOOLS / "gen_schemas.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
