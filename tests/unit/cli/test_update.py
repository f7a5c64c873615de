import sys
from pathlib import Path

import pytest

from getmesh.cli import update


@pytest.mark.parametrize(
    ("trace", "command"),
    [
        ("pipx_metadata.json", "pipx upgrade getmesh"),
        ("uv-receipt.toml", "uv tool upgrade getmesh"),
        ("made-by-install.sh", "run the install.sh of the newer release"),
    ],
)
def test_the_installer_is_known_by_its_traces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trace: str, command: str
) -> None:
    (tmp_path / trace).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert update._command() == command


@pytest.mark.parametrize(
    ("installer", "command"),
    [
        ("pip", "'/my env/bin/python' -m pip install --upgrade getmesh"),
        ("uv", "uv pip install --python '/my env/bin/python' --upgrade getmesh"),
    ],
)
def test_without_traces_the_environment_itself_is_updated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installer: str, command: str
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "executable", "/my env/bin/python")
    monkeypatch.setattr(update, "_installer", lambda: installer)
    assert update._command() == command
