from pathlib import Path
from typing import Any

import pytest
import yaml

from getmesh.cli.input import decode_file
from getmesh.errors import InputError

MESH = {"rootNamespace": "mesh-root"}
NETWORKS = {"north": {"endpoints": [{"fromRegistry": "one"}]}}


def config_map(key: str, value: Any) -> dict[str, Any]:
    """Give a ConfigMap with a value as text."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "data": {key: yaml.safe_dump(value)}}


@pytest.mark.parametrize(
    "held",
    [
        MESH,
        config_map("mesh", MESH),
        {"kind": "IstioOperator", "spec": {"meshConfig": MESH}},
        {"kind": "IstioOperator", "spec": {"values": {"meshConfig": MESH}}},
        {"kind": "Istio", "spec": {"values": {"meshConfig": MESH}}},
        {"meshConfig": MESH, "global": {"hub": "registry.test"}},
        {"global": {"meshConfig": MESH}},
    ],
)
def test_mesh_configuration_is_found_in_what_holds_it(held: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text(yaml.safe_dump(held))
    assert decode_file(str(tmp_path / "file.yaml"), "--mesh-config") == MESH


@pytest.mark.parametrize(
    "held",
    [
        {"networks": NETWORKS},
        config_map("meshNetworks", {"networks": NETWORKS}),
        {"global": {"meshNetworks": NETWORKS}},
        {"kind": "IstioOperator", "spec": {"values": {"global": {"meshNetworks": NETWORKS}}}},
    ],
)
def test_mesh_networks_are_found_in_what_holds_them(held: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text(yaml.safe_dump(held))
    assert decode_file(str(tmp_path / "file.yaml"), "--mesh-networks") == {"networks": NETWORKS}


@pytest.mark.parametrize("held", [config_map("other", MESH), {"kind": "IstioOperator", "spec": {"profile": "default"}}])
def test_what_could_hold_mesh_configuration_and_does_not_leaves_the_defaults(
    held: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "file.yaml").write_text(yaml.safe_dump(held))
    assert decode_file(str(tmp_path / "file.yaml"), "--mesh-config") == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "line 1"),
        ("kind: ConfigMap\ndata: {mesh: 'a: ['}", "line 1"),
        ("- a", "one YAML map"),
        ("a: 1\n---\nb: 2", "found 2"),
        ("", "found 0"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text(text)
    with pytest.raises(InputError, match=f"--mesh-config: .*file.yaml: .*{says}"):
        decode_file(str(tmp_path / "file.yaml"), "--mesh-config")
