"""What the project's configuration file may say of Kiali."""

from pathlib import Path

import pytest

from getmesh.errors import UsageError
from getmesh.model.snapshot import KialiSettings
from getmesh.sources.project import find


def test_every_value_of_kiali_that_changes_a_verdict_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".getmesh.toml").write_text(
        '[kiali]\nignore = ["KIA1201"]\nskip-wildcard-gateway-hosts = true\ncluster-name = "east"\n'
        'app-label = "app"\nversion-label = "version"\ngateway-api-classes = ["edge"]\n'
    )
    assert find(tmp_path).kiali == KialiSettings(
        ignored_codes=frozenset({"KIA1201"}),
        skip_wildcard_gateway_hosts=True,
        cluster_name="east",
        app_label="app",
        version_label="version",
        gateway_classes=frozenset({"edge"}),
    )


def test_what_is_not_said_keeps_kialis_default(tmp_path: Path) -> None:
    (tmp_path / ".getmesh.toml").write_text("[kiali]\n")
    assert find(tmp_path).kiali == KialiSettings()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('skip-wildcard-gateway-hosts = "false"', "must be true or false"),
        ('gateway-api-classes = "istio"', "must be a list of strings"),
        ("cluster = 1", "unknown key 'cluster'"),
    ],
)
def test_a_value_of_another_type_is_refused_rather_than_guessed(tmp_path: Path, line: str, complaint: str) -> None:
    (tmp_path / ".getmesh.toml").write_text(f"[kiali]\n{line}\n")
    with pytest.raises(UsageError, match=complaint):
        find(tmp_path)
