"""Mesh configuration and networks that Istio refuses count as if they were not there."""

from typing import Any

import pytest

from getmesh.model.meshconfig import MeshConfig
from getmesh.model.meshnetworks import MeshNetworks
from getmesh.model.objects import Object
from getmesh.model.snapshot import Settings, Snapshot
from getmesh.model.validation.meshconfig import mesh_config_faults, mesh_networks


def _config_map(**embedded: Any) -> Object:
    meta = {"name": "istio", "namespace": "istio-system"}
    return Object({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}, embedded=embedded)


@pytest.mark.parametrize(
    "value",
    [
        {"accessLogFile": 1},
        {"outboundTrafficPolicy": {"mode": "SOMETIMES"}},
        {"proxyListenPort": 0},
        {"proxyListenPort": 70000},
        {"connectTimeout": "0s"},
        {"connectTimeout": "2h"},
        {"connectTimeout": "1.5ms"},
        {"protocolDetectionTimeout": "100us"},
        {"trustDomain": ""},
        {"trustDomain": "a_b"},
        {"trustDomainAliases": ["ok", "not ok"]},
        {"serviceSettings": [{"hosts": ["a..b"]}]},
        {"localityLbSetting": {"failover": [{"from": "a", "to": "a"}]}},
        {"zoneAwareLbSetting": {"failover": [{"from": "a", "to": "a/b"}]}},
        {"defaultTrafficPolicy": {"connectionPool": {}}},
        {"defaultTrafficPolicy": {"outlierDetection": {"interval": "0s"}}},
        {"meshMTLS": {"ecdhCurves": ["P-256"]}},
        {"defaultConfig": {"proxyAdminPort": 0}},
        {"defaultConfig": {"discoveryAddress": "istiod"}},
        [],
        "text",
    ],
)
def test_one_bad_value_makes_the_whole_configuration_empty(value: Any) -> None:
    if isinstance(value, dict):
        assert mesh_config_faults(value).errors
        value = {"rootNamespace": "roots", **value}
    assert Snapshot([_config_map(mesh=value)]).service(MeshConfig).root_namespace == "istio-system"


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"unknown": 1, "rootNamespace": "roots"},
        {"connectTimeout": "1s", "protocolDetectionTimeout": "0s", "trustDomain": "cluster.local."},
        {"serviceSettings": [{"hosts": ["*.a.b", "*"]}], "trustDomainAliases": ["1.2"]},
        {"defaultConfig": {"proxyMetadata": {"A": "b"}, "drainDuration": "5s"}},
        {"extensionProviders": [{"name": "x", "lightstep": {}}]},
    ],
)
def test_what_istio_takes_counts(value: dict[str, Any]) -> None:
    assert mesh_config_faults(value).errors == []


def test_names_may_be_written_in_both_styles_but_for_two() -> None:
    mesh = {"root_namespace": "roots", "default_providers": {"accessLogging": ["a"]}}
    root = Snapshot([_config_map(mesh=mesh)]).service(MeshConfig).root
    assert root.text("rootNamespace") == "roots"
    assert root.find("defaultProviders") is None


@pytest.mark.parametrize(
    "network",
    [
        {"endpoints": [{"fromRegistry": "a b"}]},
        {"endpoints": [{"fromCidr": "10.0.0.0/33"}]},
        {"endpoints": [{"fromRegistry": 1}]},
        {"gateways": [{"address": "10.0.0.1"}]},
        {"gateways": [{"address": "a..b", "port": 1}]},
        {"gateways": [{"registryServiceName": "", "port": 1}]},
        [],
    ],
)
def test_one_bad_network_drops_them_all(network: Any) -> None:
    assert mesh_networks({"networks": {"good": {}, "bad": network}}) == {}


def test_good_networks_are_kept_with_their_registries() -> None:
    networks = {
        "east": {"endpoints": [{"from_registry": "east"}, {"fromCidr": "fd00::/8"}]},
        "west": {"gateways": [{"address": "gw.example.com", "port": 443}, {"address": "fd00::1", "port": 443}]},
    }
    assert mesh_networks({"networks": networks})["east"]["endpoints"][0] == {"fromRegistry": "east"}


def test_registries_are_built_in_or_keys_of_labelled_secrets() -> None:
    def secret(name: str, label: str, **parts: Any) -> Object:
        meta = {"name": name, "namespace": "keys", "labels": {"istio/multiCluster": label}}
        return Object({"apiVersion": "v1", "kind": "Secret", "metadata": meta, **parts})

    secrets = [
        secret("a", "true", data={"east": "eA=="}),
        secret("b", "True", data={"west": "eA=="}),
        secret("c", "true", stringData={"north": "x"}),
    ]
    settings = Settings(mesh_networks={"networks": {"n": {}}})
    found = Snapshot(secrets, settings).service(MeshNetworks)
    assert found.registries == {"Kubernetes", "Mock", "External", "east"}
    assert found.source is None
    assert list(found.networks) == ["n"]
