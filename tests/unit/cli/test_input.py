from pathlib import Path

import pytest

from getmesh.cli.input import NEWEST, parse_istio_version
from getmesh.errors import UsageError


@pytest.mark.parametrize("text", ["1.28", "1.28.3", "v1.28", "1.28-alpha.1", "1.28.3-tetrate-v0"])
def test_a_version_is_read_in_any_usual_form(text: str) -> None:
    assert parse_istio_version(text) == (1, 28)


@pytest.mark.parametrize("text", ["", "1", "latest", "1.x", "one.two", "²."])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no version"):
        parse_istio_version(text)


def test_without_a_version_the_newest_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETMESH_HOME", str(tmp_path))
    assert parse_istio_version(None) == NEWEST


def test_a_damaged_home_does_not_stop_a_validation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GETMESH_HOME", str(tmp_path))
    (tmp_path / "active").write_bytes(b"\xff\x00")
    assert parse_istio_version(None) == NEWEST
