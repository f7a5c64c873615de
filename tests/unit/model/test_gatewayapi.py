"""Who may attach to a Kubernetes Gateway, whom grants let in, which classes Istio serves."""

from typing import Any

import pytest

from getmesh.model.gatewayapi import GatewayApi, GatewayClasses, backends, references
from getmesh.model.objects import Object
from getmesh.model.snapshot import KialiSettings, Settings, Snapshot
from tests.fakes.manifests import manifest, namespaces, world


def _gateway(*allowed: Any) -> Object:
    listeners = [{"name": f"l{place}", "allowedRoutes": {"namespaces": item}} for place, item in enumerate(allowed)]
    return manifest("k8s.Gateway", "ingress/edge", {"listeners": listeners})


@pytest.mark.parametrize(
    ("allowed", "admitted"),
    [
        ([], False),
        ([{"from": "Same"}], False),
        ([{"from": "Same"}, {"from": "All"}], True),
        ([{"from": "Selector", "selector": {"matchLabels": {"team": "shop"}}}], True),
        ([{"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}], True),
        ([{"from": "Selector", "selector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}}], True),
        ([{"from": "Selector", "selector": {"matchExpressions": [{"key": "team", "operator": "What"}]}}], False),
        ([{"from": "Selector", "selector": {}}], True),
        ([{"from": "Selector"}], False),
        ([{"from": "None"}], False),
    ],
)
def test_any_listener_may_admit_a_namespace(allowed: list[Any], admitted: bool) -> None:
    gateway = _gateway(*allowed)
    shop = manifest("Namespace", "shop", labels={"team": "shop"})
    api = world([gateway, shop]).service(GatewayApi)
    assert api.admits(gateway, "shop") is admitted
    assert api.admits(gateway, "shop") is admitted, "the same again from memory"
    assert api.admits(gateway, "ingress")


def test_gateways_of_hidden_namespaces_are_not_there() -> None:
    api = world([manifest("k8s.Gateway", "kube-system/edge"), _gateway()]).service(GatewayApi)
    assert api.gateway("kube-system", "edge") is None
    assert api.gateway("ingress", "edge") is not None


def test_a_grant_lets_a_kind_of_a_namespace_in() -> None:
    spec = {"from": [{"kind": "HTTPRoute", "namespace": "shop"}, None, {}], "to": [{"kind": "Service", "name": "x"}]}
    api = world([manifest("ReferenceGrant", "bank/a", spec)]).service(GatewayApi)
    assert api.granted("HTTPRoute", "shop", "Service", "bank")
    assert not api.granted("GRPCRoute", "shop", "Service", "bank")
    assert not api.granted("HTTPRoute", "web", "Service", "bank")
    assert not api.granted("HTTPRoute", "shop", "Secret", "bank")
    assert not api.granted("HTTPRoute", "shop", "Service", "web")
    assert api.granted("HTTPRoute", "web", "Service", "web")


def test_parents_and_backends_are_sorted_by_kind() -> None:
    parents = [
        {"name": "a"},
        {"name": "b", "kind": "Gateway", "group": "x"},
        {"kind": "Service", "name": "c"},
        None,
        {},
    ]
    rules = [None, {"backendRefs": [{"name": "d"}, {"kind": "Pool", "name": "e"}, None]}]
    route = manifest("HTTPRoute", "shop/r", {"parentRefs": parents, "rules": rules})
    assert [place.index for place in references(route, "Gateway")] == [0]
    assert [place.index for place in references(route, "Service")] == [2]
    assert [place.path for place in backends(route)] == [("spec", "rules", 1, "backendRefs", 0)]


def test_in_a_cluster_the_declared_classes_count() -> None:
    own = manifest("k8s.GatewayClass", "mine", {"controllerName": "istio.io/gateway-controller"})
    other = manifest("k8s.GatewayClass", "nginx", {"controllerName": "nginx.org/controller"})
    cluster = Settings(mode="cluster")
    assert Snapshot([own, other], cluster).service(GatewayClasses).names == {"mine"}
    assert Snapshot([other], cluster).service(GatewayClasses).names == {"istio", "istio-remote"}
    ztunnel = manifest("DaemonSet", "istio-system/ztunnel", labels={"app": "ztunnel"})
    assert "istio-waypoint" in Snapshot([ztunnel], cluster).service(GatewayClasses).names


def test_manifests_need_not_declare_what_istiod_creates() -> None:
    own = manifest("k8s.GatewayClass", "mine", {"controllerName": "istio.io/gateway-controller"})
    names = world([own, *namespaces("shop")]).service(GatewayClasses).names
    assert names == {"istio", "istio-remote", "istio-waypoint", "mine"}


def test_classes_that_kialis_configuration_lists_are_all_there_are() -> None:
    settings = Settings(kiali=KialiSettings(gateway_classes=frozenset({"edge"})))
    assert GatewayClasses(Snapshot([], settings)).names == {"edge"}
    assert "istio" in GatewayClasses(Snapshot([], Settings())).names
