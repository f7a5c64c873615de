"""Istio's kinds are seen in one spelling."""

from typing import Any

from getmesh.model.fields.spelling import respelled, underscored
from getmesh.model.objects import Object


def _sidecar(spec: Any) -> Object:
    meta = {"name": "a", "namespace": "shop"}
    return Object({"apiVersion": "networking.istio.io/v1", "kind": "Sidecar", "metadata": meta, "spec": spec})


def test_fields_at_every_depth_are_brought_to_camel_case() -> None:
    spec = {
        "workload_selector": {"labels": {"my_app": "x"}},
        "egress": [{"hosts": ["./*"]}, {"capture_mode": "NONE", "port": {"number": 1}}],
    }
    obj = _sidecar(spec)
    new = respelled(obj)
    assert new.spec == {
        "workloadSelector": {"labels": {"my_app": "x"}},
        "egress": [{"hosts": ["./*"]}, {"captureMode": "NONE", "port": {"number": 1}}],
    }
    assert "workload_selector" in obj.spec
    assert new.identity == obj.identity


def test_an_object_that_needs_nothing_is_handed_back() -> None:
    specs: tuple[Any, ...] = (
        {"workloadSelector": {"labels": {"my_app": "x"}}},
        {"un_known": 1},
        {},
        {"egress": None},
        [],
    )
    for spec in specs:
        obj = _sidecar(spec)
        assert respelled(obj) is obj


def test_of_both_spellings_camel_case_counts_even_as_null() -> None:
    first = respelled(_sidecar({"workload_selector": {"labels": {"a": "1"}}, "workloadSelector": {}}))
    assert first.spec == {"workloadSelector": {}}
    assert respelled(_sidecar({"workloadSelector": {}, "workload_selector": {"labels": {"a": "1"}}})).spec == first.spec
    null = respelled(_sidecar({"workload_selector": {"labels": {"a": "1"}}, "workloadSelector": None}))
    assert null.spec == {"workloadSelector": None}


def test_kinds_of_kubernetes_have_one_spelling() -> None:
    service = Object({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"external_name": "x"}})
    assert respelled(service) is service


def test_a_path_is_written_with_the_second_spelling_of_its_fields_alone() -> None:
    path = ("spec", "trafficPolicy", "portLevelSettings", 0, "outlierDetection", "consecutive5xxErrors")
    other = ("spec", "traffic_policy", "port_level_settings", 0, "outlier_detection", "consecutive_5xx_errors")
    assert underscored("DestinationRule", path) == other
    labels = ("spec", "subsets", 0, "labels", "appName")
    assert underscored("DestinationRule", labels) == labels
    template = ("spec", "template", "serviceAccount")
    assert underscored("Deployment", template) == template
