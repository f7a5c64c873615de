"""Who is enrolled, which waypoint serves whom, and whom policies reach."""

from typing import Any

import pytest

from getmesh.model.kiali_ambient import KialiAmbient, enrolled
from getmesh.model.kiali_policies import service_targets, speaks_http, target_refs, traces_http
from getmesh.model.kiali_reach import HttpPolicyReach
from getmesh.model.kiali_services import is_app_protocol, names_protocol
from getmesh.model.kiali_workloads import KialiWorkloads
from getmesh.model.objects import Object
from tests.fakes.manifests import manifest, world

REDIRECTED = {"ambient.istio.io/redirection": "enabled"}
USE = "istio.io/use-waypoint"
HOME = "istio.io/use-waypoint-namespace"


def _way(name: str, **labels: str) -> Object:
    marks = {"gateway.networking.k8s.io/gateway-name": "waypoint", **labels}
    return manifest("Deployment", name, {"template": {"metadata": {"labels": marks}}})


def _namespace(name: str, **labels: str) -> Object:
    return manifest("Namespace", name, labels={"istio.io/dataplane-mode": "ambient", **labels})


def _pod(name: str, **labels: str) -> Object:
    return manifest("Pod", name, labels=labels, annotations=REDIRECTED)


def _waypoint_of(pod: str, *objects: Object) -> str:
    snapshot = world(objects)
    workload = next(found for found in snapshot.service(KialiWorkloads).all if found.name == pod)
    found = snapshot.service(KialiAmbient).waypoint(workload)
    return f"{found.namespace}/{found.name}" if found else ""


@pytest.mark.parametrize(
    ("own", "namespace", "expected"),
    [
        ({}, {}, False),
        ({}, {USE: "way"}, True),
        ({USE: "none"}, {USE: "way"}, False),
        ({USE: ""}, {USE: "way"}, False),
        ({USE: "way"}, {USE: "none"}, True),
    ],
)
def test_the_own_label_decides_enrolment(own: dict[str, str], namespace: dict[str, str], *, expected: bool) -> None:
    assert enrolled(own, namespace) is expected


def test_the_namespace_names_the_waypoint_of_its_workloads() -> None:
    assert _waypoint_of("p", _namespace("shop", **{USE: "way"}), _way("shop/way"), _pod("shop/p")) == "shop/way"


def test_a_waypoint_of_another_namespace_is_named_beside_its_name() -> None:
    away = _namespace("shop", **{USE: "way", HOME: "edge"})
    assert _waypoint_of("p", away, _way("edge/way"), _pod("shop/p")) == "edge/way"
    mixed = _pod("shop/p", **{USE: "way"})
    assert _waypoint_of("p", away, _way("edge/way"), mixed) == "", "the place that names it must say where it is"


def test_without_redirection_and_for_nothing_there_is_no_waypoint() -> None:
    namespace = _namespace("shop", **{USE: "way"})
    assert _waypoint_of("p", namespace, _way("shop/way"), manifest("Pod", "shop/p")) == ""
    assert _waypoint_of("p", namespace, _way("shop/way", **{"istio.io/waypoint-for": "none"}), _pod("shop/p")) == ""


@pytest.mark.parametrize("value", ["none", ""])
def test_an_own_label_hides_that_of_the_namespace(value: str) -> None:
    assert _waypoint_of("p", _namespace("shop", **{USE: "way"}), _way("shop/way"), _pod("shop/p", **{USE: value})) == ""


def test_a_service_comes_before_the_namespace_if_it_is_the_only_one() -> None:
    namespace = _namespace("shop", **{USE: "ghost"})
    one = manifest("Service", "shop/one", {"selector": {"app": "a"}}, labels={USE: "way"})
    two = manifest("Service", "shop/two", {"selector": {"app": "a"}}, labels={USE: "way"})
    pod = _pod("shop/p", app="a", v="1")
    assert _waypoint_of("p", namespace, _way("shop/way"), one, pod) == "shop/way"
    assert _waypoint_of("p", namespace, _way("shop/way"), one, two, pod) == ""
    assert _waypoint_of("p", namespace, _way("shop/way"), one, _pod("shop/p")) == "", "no labels, no Service"


def test_labels_of_pods_count_where_the_template_says_nothing() -> None:
    template = manifest("Deployment", "shop/d", {"template": {"metadata": {"labels": {"app": "d"}}}})
    objects = (_namespace("shop"), _way("shop/way"), template, _pod("shop/p", app="d", **{USE: "way"}))
    assert _waypoint_of("d", *objects) == "shop/way"


def _policy(name: str, **spec: Any) -> Object:
    return manifest("AuthorizationPolicy", name, {"rules": [{"to": [{"operation": {"methods": ["GET"]}}]}], **spec})


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, "pa"),
        ({"selector": {"matchLabels": {"app": "a"}}}, "pa"),
        ({"selector": {"matchLabels": {"app": "a", "v": "2"}}}, ""),
        ({"targetRefs": [{"kind": "Service", "name": "svc"}]}, "pa"),
        ({"targetRef": {"kind": "Service", "name": "other"}}, ""),
        ({"targetRefs": [{"kind": "Gateway", "name": "svc"}]}, ""),
        ({"targetRefs": [{"kind": "Service", "name": "svc", "group": "x"}]}, ""),
    ],
)
def test_a_policy_reaches_by_selector_or_by_service(spec: dict[str, Any], expected: str) -> None:
    snapshot = world(
        [
            _namespace("shop"),
            _pod("shop/p", app="a", v="1"),
            manifest("Service", "shop/svc", {"selector": {"app": "a"}}),
            manifest("Service", "shop/other", {"selector": {"app": "b"}}),
            _policy("shop/pa", **spec),
            _policy("bank/pa"),
        ]
    )
    (workload,) = snapshot.service(KialiWorkloads).all
    found = snapshot.service(HttpPolicyReach).first(workload)
    assert (found.name if found else "") == expected


@pytest.mark.parametrize(
    "rule",
    [
        {"when": [{"key": "request.auth.claims[x]"}]},
        {"when": [{"key": "source.ip"}, {"key": "request.headersX"}]},
        {"to": [None, {"operation": {"notPaths": ["/"]}}]},
        {"from": [{"source": {"notRequestPrincipals": ["*"]}}]},
    ],
)
def test_a_rule_needs_http(rule: dict[str, Any]) -> None:
    assert speaks_http(manifest("AuthorizationPolicy", "shop/a", {"rules": [None, {}, rule]}))


@pytest.mark.parametrize(
    "rule",
    [
        {"when": [{"key": "destination.port"}]},
        {"to": [{"operation": {"ports": ["80"], "methods": []}}]},
        {"from": [{"source": {"principals": ["*"], "requestPrincipals": []}}]},
    ],
)
def test_a_rule_needs_no_http(rule: dict[str, Any]) -> None:
    assert not speaks_http(manifest("AuthorizationPolicy", "shop/a", {"rules": [rule]}))


def test_metrics_need_http_only_if_they_are_overridden() -> None:
    assert not traces_http(manifest("Telemetry", "shop/t", {"metrics": [None, {"overrides": []}], "tracing": []}))
    assert traces_http(manifest("Telemetry", "shop/t", {"metrics": [{}, {"overrides": [{}]}]}))


def test_both_ways_of_referring_count() -> None:
    spec = {"targetRef": {"kind": "Service", "name": "a"}, "targetRefs": [{"kind": "Service", "name": "b"}]}
    policy = manifest("AuthorizationPolicy", "shop/a", spec)
    assert service_targets(policy) == ["a", "b"]
    assert target_refs(manifest("AuthorizationPolicy", "shop/a", {"targetRefs": []})) == []


@pytest.mark.parametrize("name", ["http", "http-", "grpc-web-x", "tcp-db", "udp"])
def test_a_port_name_begins_with_a_protocol(name: str) -> None:
    assert names_protocol(name)


@pytest.mark.parametrize("name", ["", "HTTP", "httpx", "web-http", "postgres", "http_proxy", "-http"])
def test_a_port_name_begins_with_none(name: str) -> None:
    assert not names_protocol(name)


def test_application_protocols_are_compared_without_case_and_without_suffix() -> None:
    assert is_app_protocol("HTTP2")
    assert is_app_protocol("kubernetes.io/WSS")
    assert not is_app_protocol("http-x")
    assert not is_app_protocol("")
