"""Mesh configuration is looked at wherever it stands."""

from typing import Any

import pytest

from getmesh.model.meshfields import MeshFields
from getmesh.model.objects import Object
from getmesh.model.paths import path_text
from getmesh.model.snapshot import Settings, Snapshot


def odd(*objects: Object, **settings: Any) -> list[tuple[str, str, str]]:
    found = Snapshot(objects, Settings(**settings)).service(MeshFields).found
    return [(oddity.object.kind, path_text(oddity.path), f"{oddity.sort} {oddity.name}") for oddity in found]


def config_map(name: str, namespace: str = "istio-system", **embedded: Any) -> Object:
    meta = {"name": name, "namespace": namespace}
    return Object({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {}}, embedded=embedded)


def operator(spec: Any) -> Object:
    return Object(
        {"apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator", "metadata": {"name": "a"}, "spec": spec}
    )


@pytest.mark.parametrize("name", ["istio", "istio-canary"])
def test_config_maps_of_every_revision_count(name: str) -> None:
    assert odd(config_map(name, mesh={"x": 1})) == [("ConfigMap", "data.mesh", "unknown x")]


def test_other_config_maps_do_not() -> None:
    assert odd(config_map("istio", "shop", mesh={"x": 1}), config_map("istiod", mesh={"x": 1})) == []


def test_networks_are_looked_at_too() -> None:
    networks = {"networks": {"n": {"endpoints": [{"fromRegistry": 5}], "odd": 1}}}
    assert odd(config_map("istio", meshNetworks=networks)) == [
        ("ConfigMap", "data.meshNetworks", "type networks.n.endpoints[0].fromRegistry"),
        ("ConfigMap", "data.meshNetworks", "unknown networks.n.odd"),
    ]


def test_both_places_of_an_operator_are_looked_at() -> None:
    spec = {"meshConfig": {"x": 1}, "values": {"meshConfig": {"y": 1}}}
    assert odd(operator(spec)) == [
        ("IstioOperator", "spec.meshConfig.x", "unknown x"),
        ("IstioOperator", "spec.values.meshConfig.y", "unknown y"),
    ]


def test_what_the_user_names_is_looked_at_by_itself() -> None:
    assert odd(mesh_config={"x": 1}, mesh_networks={"y": 1}) == [
        ("MeshConfig", "x", "unknown x"),
        ("MeshNetworks", "y", "unknown y"),
    ]


@pytest.mark.parametrize("value", ["text", [], 5, {"defaultConfig": 5}, {"extensionProviders": [None, 5]}])
def test_odd_shapes_are_named_and_nothing_more(value: Any) -> None:
    assert all(found[2].startswith("type") for found in odd(mesh_config=value))
