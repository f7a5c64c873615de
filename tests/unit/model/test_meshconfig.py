"""Mesh configuration that an installation makes, and where each setting stands."""

from typing import Any

import pytest

from getmesh.model.meshconfig import MeshConfig, installed_mesh, mesh_in, setting_path
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot

BOTH: dict[str, Any] = {
    "meshConfig": {
        "accessLogFile": "/spec",
        "discoverySelectors": [{"matchLabels": {"from": "spec"}}],
        "defaultConfig": {"proxyMetadata": {"A": "spec", "B": "spec"}},
    },
    "values": {
        "meshConfig": {
            "accessLogFile": "/values",
            "accessLogEncoding": "JSON",
            "discoverySelectors": [{"matchLabels": {"from": "values"}}, {"matchLabels": {"second": "values"}}],
            "defaultConfig": {"proxyMetadata": {"A": "values", "C": "values"}, "concurrency": 3},
        }
    },
}
MADE: dict[str, Any] = {
    "accessLogFile": "/spec",
    "accessLogEncoding": "JSON",
    "discoverySelectors": [{"matchLabels": {"from": "spec"}}],
    "defaultConfig": {"proxyMetadata": {"A": "spec", "B": "spec", "C": "values"}, "concurrency": 3},
}


def operator(name: str, spec: dict[str, Any]) -> Object:
    """Make an IstioOperator."""
    meta = {"name": name, "namespace": "istio-system"}
    return Object({"apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator", "metadata": meta, "spec": spec})


def test_both_places_of_an_installation_count_as_istioctl_merges_them() -> None:
    assert installed_mesh(BOTH) == MADE


@pytest.mark.parametrize("spec", [{}, {"meshConfig": None, "values": None}, {"meshConfig": [], "values": "text"}])
def test_an_installation_without_mesh_configuration_makes_none(spec: dict[str, Any]) -> None:
    assert installed_mesh(spec) == {}


def test_rules_read_the_same_as_discovery_and_files() -> None:
    mesh = Snapshot([operator("a", BOTH)]).service(MeshConfig).root
    assert mesh.values == MADE
    assert mesh_in({"kind": "IstioOperator", "spec": BOTH}) == MADE


def test_a_value_that_istio_refuses_discards_both_places() -> None:
    spec = {"meshConfig": {"rootNamespace": "root"}, "values": {"meshConfig": {"accessLogFile": 5}}}
    assert Snapshot([operator("a", spec)]).service(MeshConfig).root_namespace == "istio-system"


def test_the_revision_of_values_counts_where_the_installation_names_none() -> None:
    held = [
        operator("a", {"values": {"revision": "blue", "meshConfig": {"rootNamespace": "blue-root"}}}),
        operator("b", {"revision": "default", "meshConfig": {"rootNamespace": "plain-root"}}),
    ]
    mesh = Snapshot(held).service(MeshConfig)
    assert mesh.revision("blue").text("rootNamespace") == "blue-root"
    assert mesh.root_namespace == "plain-root"
    assert mesh.revision("unknown").text("rootNamespace") == "plain-root"


def test_a_setting_is_placed_where_it_counts() -> None:
    held = operator("a", BOTH)
    assert setting_path(held, "discoverySelectors") == ("spec", "meshConfig", "discoverySelectors")
    assert setting_path(held, "accessLogEncoding") == ("spec", "values", "meshConfig", "accessLogEncoding")
