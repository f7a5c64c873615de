"""The shipped tables are those that the generators make."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[3] / "tools"


@pytest.mark.parametrize("tool", ["gen_schemas.py", "gen_envoy_fields.py"])
def test_what_is_generated_from_our_own_files_is_up_to_date(tool: str) -> None:
    done = subprocess.run([sys.executable, str(TOOLS / tool), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
