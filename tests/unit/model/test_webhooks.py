"""Injection hooks, what they take, and the hosts of their addresses."""

from typing import Any

import pytest

from getmesh.model.hookoverlaps import HookOverlaps
from getmesh.model.objects import Object
from getmesh.model.selectors import matches_expressions
from getmesh.model.snapshot import Snapshot
from getmesh.model.webhooks import Injectors
from getmesh.model.weburls import is_address, url_host


def _configuration(name: str, *hooks: dict[str, Any], **labels: str) -> Object:
    meta = {"name": name, "labels": {key.replace("_", "."): value for key, value in labels.items()}}
    return Object(
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": meta,
            "webhooks": list(hooks),
        }
    )


def test_one_hook_of_istio_makes_the_whole_configuration_an_injector() -> None:
    foreign = _configuration("foreign", {"name": "a.example.com"})
    mixed = _configuration("mixed", {"name": "a.example.com"}, {"name": "bistio.io"})
    injectors = Snapshot([foreign, mixed]).service(Injectors)
    assert [hook.name for hook in injectors.named] == ["bistio.io"]
    assert [(hook.configuration.name, hook.position) for hook in injectors.hooks] == [("mixed", 0), ("mixed", 1)]


def test_revisions_come_from_labels_and_from_selectors_whatever_the_operator() -> None:
    expressions = {"matchExpressions": [{"key": "istio.io/rev", "operator": "NotIn", "values": ["b", "c"]}]}
    configuration = _configuration(
        "x", {"namespaceSelector": expressions, "objectSelector": {"matchLabels": {"istio.io/rev": "d"}}}
    )
    labelled = _configuration("y", {"name": "a.example.com"})
    labelled.raw["metadata"]["labels"]["istio.io/rev"] = "a"
    injectors = Snapshot([configuration, Object(labelled.raw)]).service(Injectors)
    assert injectors.revisions == ["a", "b", "c", "d"]
    assert len(injectors.hooks) == 2


def test_each_hook_that_meets_others_names_all_of_them() -> None:
    everything = {"name": "all.istio.io"}
    enabled = {"name": "on.istio.io", "namespaceSelector": {"matchLabels": {"istio-injection": "enabled"}}}
    disabled = {"name": "off.istio.io", "namespaceSelector": {"matchLabels": {"istio-injection": "disabled"}}}
    overlaps = Snapshot([_configuration("c", everything, enabled, disabled)]).service(HookOverlaps).overlaps
    assert {hook.name: others for hook, others in overlaps} == {
        "all.istio.io": ["c/off.istio.io", "c/on.istio.io"],
        "on.istio.io": ["c/all.istio.io"],
        "off.istio.io": ["c/all.istio.io"],
    }


def test_hooks_must_meet_on_namespace_and_object_both() -> None:
    one = {"name": "a.istio.io", "objectSelector": {"matchLabels": {"sidecar.istio.io/inject": "true"}}}
    two = {"name": "b.istio.io", "objectSelector": {"matchLabels": {"sidecar.istio.io/inject": "false"}}}
    assert Snapshot([_configuration("c", one, two)]).service(HookOverlaps).overlaps == []


@pytest.mark.parametrize(
    "selector",
    [
        {"matchExpressions": [{"key": "a", "operator": "in", "values": ["x"]}]},
        {"matchExpressions": [{"key": "a", "operator": "NotIn"}]},
        {"matchExpressions": [{"key": "a", "operator": "DoesNotExist", "values": ["x"]}]},
        {"matchExpressions": [{"key": "-a", "operator": "DoesNotExist"}]},
        {"matchExpressions": [{"key": "Up.example/a", "operator": "DoesNotExist"}]},
        {"matchExpressions": [{"key": "/a", "operator": "DoesNotExist"}]},
        {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x y"]}]},
        {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["x" * 64]}]},
        {"matchLabels": {"b": "-"}},
    ],
)
def test_an_invalid_selector_matches_nothing(selector: dict[str, Any]) -> None:
    assert not matches_expressions(selector, {"b": "-"})


def test_a_valid_selector_needs_labels_and_expressions_together() -> None:
    selector = {
        "matchLabels": {"a": ""},
        "matchExpressions": [{"key": "x.example/b", "operator": "NotIn", "values": ["1"]}],
    }
    assert matches_expressions(selector, {"a": ""})
    assert matches_expressions(selector, {"a": "", "x.example/b": "2"})
    assert not matches_expressions(selector, {})
    assert not matches_expressions(selector, {"a": "", "x.example/b": "1"})


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://istiod.example:15017/inject", "istiod.example"),
        ("https://[fd00::1]:443/", "fd00::1"),
        ("https://user:pass@10.0.0.1", "10.0.0.1"),
        ("//10.0.0.1/x", "10.0.0.1"),
        ("", ""),
        ("istiod.example/inject", ""),
        ("istiod.example:15017/inject", ""),
        ("///10.0.0.1", ""),
        ("10.0.0.1:15017/inject", None),
        ("https://host:port/", None),
        ("https://a b/", None),
        ("https://host/%zz", None),
        ("https://host/#%zz", None),
        ("https://[fd00::1/", None),
        (":x", None),
        ("https://ho\nst/", None),
    ],
)
def test_a_url_is_read_as_leniently_as_go_reads_it(url: str, host: str | None) -> None:
    assert url_host(url) == host


def test_zones_and_leading_zeros_make_no_address() -> None:
    assert is_address("10.0.0.1")
    assert is_address("fd00::1")
    assert not is_address("010.0.0.1")
    assert not is_address("fe80::1%eth0")
    assert not is_address("istiod")
