from pathlib import Path

import pytest

from getmesh.distributions import health
from getmesh.distributions.editions import load
from getmesh.distributions.hub import write_hub
from getmesh.distributions.store import Store
from tests.fakes.releases import DUMPER
from tests.fakes.stores import put_build


def states(findings: list[health.Finding]) -> list[tuple[str, str]]:
    return [(finding.state, finding.about) for finding in findings]


def test_a_fresh_home_is_fine_and_asks_for_a_build(tmp_path: Path) -> None:
    assert states(health.home_findings(tmp_path / "new")) == [("ok", "home")]
    (finding,) = health.build_findings(tmp_path / "new")
    assert (finding.state, finding.cure) == ("warn", "getmesh fetch latest")


def test_damage_is_named_with_its_cure(tmp_path: Path) -> None:
    build = put_build(tmp_path, "1.31.1-istio-v0", DUMPER)
    Store(tmp_path).binary(build).write_bytes(b"half")
    found = health.build_findings(tmp_path)
    assert states(found) == [("fail", "build"), ("fail", "active")]
    assert "getmesh fetch 1.31.1-istio-v0" in found[0].cure


def test_unverified_builds_and_leftovers_are_named(tmp_path: Path) -> None:
    put_build(tmp_path, "1.31.1-istio-v0", DUMPER)
    (record,) = (tmp_path / "builds").iterdir()
    record.write_bytes(record.read_bytes().replace(b"verified: published", b"verified: unverified"))
    (tmp_path / "blobs" / ("0" * 64)).mkdir()
    assert states(health.build_findings(tmp_path)) == [("warn", "build"), ("ok", "active"), ("warn", "store")]


def test_builds_of_the_go_getmesh_are_recognised_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "istio" / "1.18.2-tetrate-v0").mkdir(parents=True)
    (tmp_path / "config.json").write_text("{}")
    assert any("written in Go" in finding.text for finding in health.home_findings(tmp_path))
    assert Store(tmp_path).builds() == []


@pytest.mark.parametrize(("days", "state"), [(10, "ok"), (100, "warn")])
def test_an_old_catalog_is_named(tmp_path: Path, days: int, state: str) -> None:
    (finding,) = health.catalog_findings(load(tmp_path), "", 1_790_812_800 + days * 86400)
    assert finding.state == state


def test_settings_that_change_calls_are_shown(tmp_path: Path) -> None:
    (tmp_path / ".istio-version").write_text("1.30\n")
    write_hub(tmp_path, "gcr.io/istio-release")
    environ = {"GETMESH_ISTIO_VERSION": "1.30", "GETMESH_OFFLINE": "1"}
    found = health.setting_findings(tmp_path, environ, str(tmp_path))
    assert states(found) == [
        ("ok", "GETMESH_ISTIO_VERSION"),
        ("ok", ".istio-version"),
        ("warn", "offline"),
        ("warn", "default hub"),
    ]
    assert "December 2026" in found[-1].text
