"""What makes clusters and endpoints larger, in the bytes that a real istiod was seen to send."""

from typing import Any

import pytest

from getmesh.discovery.cost import Costs
from getmesh.discovery.endpoints import identity_bytes, workload_name
from getmesh.discovery.tally import Tally
from getmesh.model.objects import Object
from tests.unit.discovery.meshes import Mesh, base, istio, namespace, obj, pod, service


def sent(*more: Object, who: str = "foo-1.foo") -> Tally:
    """Give what a proxy is sent of the base and more."""
    mesh = Mesh([*base(), *more])
    proxy = mesh.proxy(who)
    istiod = mesh.simulation.istiod_of(proxy)
    return Costs(istiod).of(istiod.view(proxy))


def rule(**spec: Any) -> Object:
    """Make a DestinationRule for bar."""
    return istio("DestinationRule", "bar/bar", {"host": "bar", **spec})


def test_a_service_in_the_mesh_costs_about_a_kilobyte() -> None:
    more = service("bar/other", {"name": "http", "port": 81}, spec={"selector": None})
    assert 850 < sent(more).cds - sent().cds < 1100


def test_a_protocol_that_istiod_must_find_out_makes_clusters_of_sidecars_larger() -> None:
    known, unknown = (
        sent(service("bar/other", {"name": name, "port": 81}, spec={"selector": None})).cds for name in ("tcp", "odd")
    )
    assert unknown - known == 146


def test_clusters_of_namespaces_without_mutual_tls_are_smaller() -> None:
    off = obj("PeerAuthentication", "bar/default", {"mtls": {"mode": "DISABLE"}}, api="security.istio.io/v1")
    assert 400 < sent().cds - sent(off).cds < 600


@pytest.mark.parametrize(
    ("mode", "least", "most"), [("DISABLE", -600, -300), ("ISTIO_MUTUAL", -200, 0), ("SIMPLE", -250, 0)]
)
def test_tls_of_a_rule_takes_the_place_of_what_workloads_take(mode: str, least: int, most: int) -> None:
    assert least < sent(rule(trafficPolicy={"tls": {"mode": mode}})).cds - sent().cds < most


def test_each_subset_is_a_cluster_and_its_endpoints() -> None:
    subsets = [{"name": name, "labels": {"app": "bar"}} for name in ("v1", "v2")]
    one, two = sent(rule(subsets=subsets[:1])), sent(rule(subsets=subsets))
    assert (two.clusters - one.clusters, two.assignments - one.assignments) == (1, 1)
    assert 900 < two.cds - one.cds < 1300
    assert 150 < two.eds - one.eds < 250


def test_endpoints_with_a_sidecar_are_larger_unless_they_take_plain_text() -> None:
    injected, plain = (sent(pod("bar/bar-2", "10.2.0.1", proxy=proxy)) for proxy in ("sidecar", ""))
    assert injected.eds - plain.eds == 55
    off = obj("PeerAuthentication", "bar/default", {"mtls": {"mode": "DISABLE"}}, api="security.istio.io/v1")
    assert sent().eds - sent(off).eds == 55


def test_addresses_of_dns_services_are_sent_with_their_clusters() -> None:
    ports = [{"number": 443, "name": "tls", "protocol": "TLS"}]
    entry = istio("ServiceEntry", "bar/e", {"hosts": ["e.test"], "ports": ports, "resolution": "DNS"})
    assert sent(entry).eds == sent().eds
    assert 600 < sent(entry).cds - sent().cds < 800


def test_an_entry_with_several_addresses_sends_its_endpoints_once_for_each() -> None:
    def eds(*addresses: str) -> int:
        spec = {
            "hosts": ["e.test"], "addresses": list(addresses), "resolution": "STATIC",
            "ports": [{"number": 90, "name": "tcp", "protocol": "TCP"}], "endpoints": [{"address": "203.0.113.1"}],
        }  # fmt: skip
        return sent(istio("ServiceEntry", "bar/e", spec)).eds

    assert 60 < eds("192.0.2.1", "192.0.2.2") - eds("192.0.2.1") < 100


def test_a_workload_is_named_after_its_controller() -> None:
    owner = {"kind": "ReplicaSet", "name": "cart-6d8c9", "controller": True}
    held = {"metadata": {"name": "cart-6d8c9-x2", "ownerReferences": [{"kind": "X", "name": "no"}, owner]}}
    assert workload_name(Object({"kind": "Pod", "apiVersion": "v1", **held})) == "cart"
    held["metadata"]["ownerReferences"] = [{**owner, "kind": "StatefulSet"}]
    assert workload_name(Object({"kind": "Pod", "apiVersion": "v1", **held})) == "cart-6d8c9"
    assert workload_name(pod("foo/alone", "")) == "alone"


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ({}, "cart;shop;cart;;c"),
        ({"app": "till", "version": "v1"}, "cart;shop;till;v1;c"),
        ({"app": "till", "version": "latest"}, "cart;shop;till;;c"),
        ({"app": "till", "app.kubernetes.io/name": "own", "app.kubernetes.io/version": "2"}, "cart;shop;own;2;c"),
        ({"service.istio.io/canonical-name": "own", "version": "v1"}, "cart;shop;own;v1;c"),
    ],
)
def test_telemetry_names_workloads_by_their_canonical_service(labels: dict[str, str], text: str) -> None:
    assert identity_bytes(labels, "cart", "shop", "c") == len(text)


def test_routers_pay_for_clusters_and_nothing_else_without_gateways() -> None:
    router = [namespace("gates"), pod("gates/edge-1", "10.9.0.1", proxy="router")]
    held = sent(*router, who="edge-1.gates")
    assert held.cds > 1500
    assert (held.listeners, held.routes, held.lds, held.rds) == (0, 0, 0, 0)
