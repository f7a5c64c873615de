"""Pods by label, in the mesh, and with the labels of their place."""

from typing import Any

import pytest

from getmesh.model.exposure import Exposure
from getmesh.model.objects import Object
from getmesh.model.pods import MemberPods, PlacedPods, Pods
from getmesh.model.snapshot import Snapshot
from tests.fakes.manifests import manifest


def _pod(name: str, labels: dict[str, str], spec: dict[str, Any] | None = None, **meta: Any) -> Object:
    return manifest("Pod", name, spec or {"containers": [{"name": "app"}]}, labels=labels, **meta)


def test_pods_are_chosen_in_one_namespace_or_in_all() -> None:
    pods = Snapshot([_pod("a/1", {"app": "x"}), _pod("b/1", {"app": "x", "v": "1"}), _pod("b/2", {})]).service(Pods)
    assert [pod.full_name for pod in pods.select({"app": "x"})] == ["a/1", "b/1"]
    assert [pod.full_name for pod in pods.select({}, "b")] == ["b/1", "b/2"]
    assert not pods.exists({"app": "x", "v": "2"})
    assert not pods.exists({}, "c")


def test_only_pods_in_the_mesh_are_members() -> None:
    objects = [
        _pod("a/plain", {"app": "x"}),
        _pod("a/proxied", {"app": "y"}, {"containers": [{"name": "istio-proxy", "image": "p"}]}),
        _pod("b/ambient", {"app": "z"}, annotations={"ambient.istio.io/redirection": "enabled"}),
    ]
    members = Snapshot(objects).service(MemberPods)
    assert not members.exists({"app": "x"})
    assert members.exists({"app": "y"}, "a")
    assert members.exists({"app": "z"})
    assert not members.exists({"app": "z"}, "a")


@pytest.mark.parametrize(
    ("labels", "there"),
    [
        ({"app": "x"}, True),
        ({"app": "x", "topology.kubernetes.io/region": "r"}, True),
        ({"topology.kubernetes.io/region": "own"}, False),
        ({"app": "x", "topology.istio.io/subzone": "s"}, False),
        ({"kubernetes.io/hostname": "n1"}, True),
        ({"app": "y", "kubernetes.io/hostname": "unknown"}, True),
        ({"app": "y", "topology.kubernetes.io/zone": "kept"}, True),
        ({"topology.istio.io/cluster": "c"}, False),
    ],
)
def test_a_node_gives_its_place_and_a_subzone_needs_a_zone(labels: dict[str, str], there: bool) -> None:
    place = {"topology.kubernetes.io/region": "r", "topology.istio.io/subzone": "s"}
    objects = [
        manifest("Node", "n1", labels=place),
        _pod("a/1", {"app": "x", "topology.kubernetes.io/region": "own"}, {"nodeName": "n1"}),
        _pod("a/2", {"app": "y", "topology.kubernetes.io/zone": "kept"}, {"nodeName": "unknown"}),
    ]
    assert Snapshot(objects).service(PlacedPods).exists(labels) is there


def test_services_before_a_pod_open_their_tcp_ports_and_numeric_targets() -> None:
    ports = [
        {"port": 80, "protocol": "TCP", "targetPort": 8080},
        {"port": 81, "targetPort": "8081"},
        {"port": 82, "protocol": "UDP"},
        {"port": 83, "protocol": "TCP", "targetPort": "named"},
    ]
    objects = [
        manifest("Service", "a/chosen", {"selector": {"app": "x", "v": "1"}, "ports": ports}),
        manifest("Service", "a/other", {"selector": {"app": "x", "v": "2"}, "ports": [{"port": 90}]}),
        manifest("Service", "b/far", {"selector": {"app": "x"}, "ports": [{"port": 91}]}),
        manifest("Service", "a/all", {"type": "ExternalName", "ports": [{"port": 92, "protocol": "TCP"}]}),
    ]
    pods = [_pod("a/1", {"app": "x", "v": "1"})]
    assert Snapshot(objects).service(Exposure).open_ports(pods) == {80, 8080, 81, 8081, 83, 92}
