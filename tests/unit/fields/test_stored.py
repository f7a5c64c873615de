"""What exists for the references at all, and in which form the API server keeps it."""

from typing import Any

import pytest

from getmesh.model.fields import decodes, schema
from getmesh.model.fields.pruning import stored
from getmesh.model.istioctl_view import istioctl_view
from getmesh.model.kiali_view import kiali_view
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot


def virtual_service(**parts: Any) -> Object:
    base = {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "a"}}
    return Object({**base, **parts})


@pytest.mark.parametrize(
    "meta",
    [None, {}, {"name": None}, {"name": "a", "labels": {"x": None}}, {"name": "a", "odd": 1}, {"generation": 3},
     {"creationTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["a"], "ownerReferences": [{}]}],
)  # fmt: skip
def test_metadata_of_the_right_types_decodes(meta: Any) -> None:
    assert decodes(virtual_service(metadata=meta))


@pytest.mark.parametrize(
    "meta",
    ["a", {"name": 5}, {"namespace": True}, {"labels": {"v": 2}}, {"annotations": ["a"]}, {"generation": "3"},
     {"creationTimestamp": "now"}, {"finalizers": "a"}, {"ownerReferences": ["a"]}],
)  # fmt: skip
def test_metadata_of_a_wrong_type_does_not_decode(meta: Any) -> None:
    assert not decodes(virtual_service(metadata=meta))


def test_unknown_kinds_are_nobody_s_business() -> None:
    assert decodes(Object({"apiVersion": "example.com/v1", "kind": "Odd", "metadata": {"name": "a"}, "spec": 5}))


def test_views_leave_out_what_does_not_decode_and_fall_back_to_what_came_before() -> None:
    good = virtual_service(spec={"hosts": ["a"]})
    bad = virtual_service(spec={"hosts": "a"})
    for view in (istioctl_view, kiali_view):
        seen = view(Snapshot([good, bad])).each("VirtualService")
        assert [obj.spec for obj in seen] == [{"hosts": ["a"]}]


def test_unknown_fields_and_nulls_are_pruned() -> None:
    obj = virtual_service(
        spec={
            "hosts": ["a"],
            "odd": 1,
            "export_to": ["*"],
            "tcp": None,
            "http": [{"x": 1, "match": [{"uri": {"y": 2}}]}],
        }
    )
    assert stored(obj).spec == {"hosts": ["a"], "http": [{"match": [{"uri": {}}]}]}
    assert stored(obj).origin is obj.origin


def test_a_sound_object_is_stored_as_it_is() -> None:
    obj = virtual_service(spec={"hosts": ["a"]})
    assert stored(obj) is obj
    snapshot = Snapshot([obj])
    assert kiali_view(snapshot) is snapshot


def test_open_values_and_headers_keep_their_keys() -> None:
    spec = {"hosts": ["a"], "http": [{"headers": {"request": {"set": {"x-odd": "1"}}}, "odd": 1}]}
    assert stored(virtual_service(spec=spec)).spec["http"] == [{"headers": {"request": {"set": {"x-odd": "1"}}}}]


def test_routes_get_the_defaults_of_the_gateway_api() -> None:
    route = Object({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "a"},
        "spec": {"parentRefs": [{"name": "g"}, None], "rules": [
            {"backendRefs": [{"name": "b", "port": 80}], "filters": [{"requestMirror": {"backendRef": {"name": "m"}}}]},
            5,
        ]},
    })  # fmt: skip
    spec = stored(route).spec
    assert spec["parentRefs"][0] == {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g"}
    assert spec["rules"][0]["backendRefs"] == [{"group": "", "kind": "Service", "weight": 1, "name": "b", "port": 80}]
    assert spec["rules"][0]["filters"][0]["requestMirror"]["backendRef"]["kind"] == "Service"


def test_gateways_get_the_defaults_of_the_gateway_api() -> None:
    gateway = Object({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "a"},
        "spec": {"listeners": [{"name": "h"}, 5], "addresses": [{"value": "1.1.1.1"}]},
    })  # fmt: skip
    spec = stored(gateway).spec
    assert spec["listeners"][0]["allowedRoutes"] == {"namespaces": {"from": "Same"}}
    assert spec["addresses"] == [{"type": "IPAddress", "value": "1.1.1.1"}]


def test_a_schema_refuses_what_a_minor_does_not_have() -> None:
    spec = {
        "hosts": ["a"],
        "http": [{"retries": {"attempts": 1, "backoff": "1s"}, "route": [{"destination": {"host": "a"}}]}],
    }
    assert schema.fits("VirtualService", spec, 26)
    assert not schema.fits("VirtualService", spec, 25)
    assert not schema.fits("Odd/Kind", spec)
    assert not schema.fits("NoSuchKind", spec)


def test_of_several_arms_the_one_declared_last_is_kept() -> None:
    rule = {"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": {"name": "a"}}
    balancer = {"useSourceIp": True, "httpHeaderName": "x", "minimumRingSize": 1}
    obj = Object({**rule, "spec": {"host": "a", "trafficPolicy": {"loadBalancer": {"consistentHash": balancer}}}})
    kept = stored(obj).field("spec", "trafficPolicy", "loadBalancer", "consistentHash").value
    assert kept == {"useSourceIp": True, "minimumRingSize": 1}
    assert "httpHeaderName" in balancer
