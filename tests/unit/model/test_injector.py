"""What the injector's ConfigMaps say, and what image a Pod should run."""

from typing import Any

import pytest

from getmesh.model.injector import InjectorConfigs, injector_name
from getmesh.model.objects import Object
from getmesh.model.proxyimages import ProxyImages
from getmesh.model.snapshot import Settings, Snapshot


def _config_map(values: str | None, namespace: str = "istio-system", name: str = "istio-sidecar-injector") -> Object:
    meta = {"name": name, "namespace": namespace}
    data = {} if values is None else {"values": values}
    return Object({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})


def _configs(*config_maps: Object) -> InjectorConfigs:
    return Snapshot(config_maps).service(InjectorConfigs)


@pytest.mark.parametrize(
    ("values", "image"),
    [
        ('{"global": {"hub": "h", "tag": "t", "proxy": {"image": "p"}}}', "h/p:t"),
        ('{"global": {"hub": "h", "proxy": {"image": "own/p"}}}', "own/p"),
        ("{}", "/:"),
        ('{"GLOBAL": {"Hub": "h"}, "global": {"tag": "t", "hub": null}}', "h/:t"),
        ('{"global": {"hub": "a", "HUB": "b"}}', "b/:"),
        ('{"global": {"tag": 1}}', ""),
        ('{"global": []}', ""),
        ("[]", ""),
        ("global: {hub: h}", ""),
        ('{"global": {"hub": "h"}, "x": NaN}', ""),
        ("[" * 100_000, ""),
        (None, ""),
    ],
)
def test_the_image_is_read_from_json_with_names_in_any_case(values: str | None, image: str) -> None:
    assert _configs(_config_map(values)).image("istio-sidecar-injector") == image


def test_without_a_config_map_of_that_name_the_image_is_unknown() -> None:
    assert _configs(_config_map("{}")).image("istio-sidecar-injector-canary") is None


def test_istio_system_counts_before_other_namespaces() -> None:
    enabled = '{"sidecarInjectorWebhook": {"enableNamespacesByDefault": true}}'
    assert _configs(_config_map(enabled, "a"), _config_map(None, "b")).enabled_by_default("istio-sidecar-injector")
    assert not _configs(_config_map(enabled, "a"), _config_map("{}")).enabled_by_default("istio-sidecar-injector")


@pytest.mark.parametrize("value", ['"true"', "1", "null", "false", "[]"])
def test_only_true_enables_namespaces_by_default(value: str) -> None:
    values = f'{{"sidecarInjectorWebhook": {{"enableNamespacesByDefault": {value}}}}}'
    assert not _configs(_config_map(values)).enabled_by_default("istio-sidecar-injector")


def test_the_default_revision_has_the_plain_name() -> None:
    assert injector_name("") == injector_name("default") == "istio-sidecar-injector"
    assert injector_name("canary") == "istio-sidecar-injector-canary"


def _proxy_config(namespace: str, name: str, image_type: str, selector: dict[str, Any] | None = None) -> Object:
    spec: dict[str, Any] = {"image": {"imageType": image_type}}
    if selector is not None:
        spec["selector"] = selector
    meta = {"name": name, "namespace": namespace}
    return Object({"apiVersion": "networking.istio.io/v1beta1", "kind": "ProxyConfig", "metadata": meta, "spec": spec})


def _image_type(*configs: Object, annotation: Any = None, mesh: str = "") -> str:
    pod = Object(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "shop", "labels": {"app": "a"}}},
        embedded={} if annotation is None else {"proxy.istio.io/config": annotation},
    )
    settings = Settings(mesh_config={"defaultConfig": {"image": {"imageType": mesh}}} if mesh else None)
    return Snapshot(configs, settings).service(ProxyImages).image_type(pod)


def test_the_most_particular_statement_decides_the_image_type() -> None:
    root = _proxy_config("istio-system", "root", "root", {"matchLabels": {"no": "match"}})
    namespace = _proxy_config("shop", "all", "namespace")
    selected = _proxy_config("shop", "some", "selected", {"matchLabels": {"app": "a"}})
    assert _image_type(mesh="mesh") == "mesh"
    assert _image_type(root, mesh="mesh") == "root"
    assert _image_type(root, namespace) == "namespace"
    assert _image_type(root, namespace, selected) == "selected"
    assert _image_type(selected, annotation={"image": {"imageType": "own"}}) == "own"


def test_an_empty_statement_never_wins_and_default_is_the_plain_image() -> None:
    selected = _proxy_config("shop", "some", "", {})
    assert _image_type(selected, mesh="mesh") == "mesh"
    assert _image_type(_proxy_config("shop", "some", "default", {}), mesh="mesh") == ""


def test_other_namespaces_and_odd_annotations_change_nothing() -> None:
    assert _image_type(_proxy_config("sho", "some", "x", {})) == ""
    assert _image_type(annotation={"image": {"imageType": "own"}, "statusPort": "many"}) == ""
    assert _image_type(annotation={"image": {"image_type": "own"}}) == "own"
