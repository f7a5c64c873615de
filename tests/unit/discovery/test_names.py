import pytest

from getmesh.discovery.assignment import locality_matches
from getmesh.discovery.endpoints import locality_label, split_locality
from getmesh.discovery.flags import Flags
from getmesh.discovery.locals import ClusterLocal
from getmesh.discovery.naming import complete, covered, gateway_name, is_address, overlapping
from getmesh.discovery.routes import conflicting
from getmesh.discovery.rules import for_port, mutual_tls
from getmesh.discovery.services import from_entry, from_service, parse_protocol
from getmesh.model.objects import Object


@pytest.mark.parametrize(
    ("host", "full"),
    [
        ("cart", "cart.shop.svc.cluster.local"), ("cart.shop", "cart.shop"), ("*", "*"), ("10.0.0.1", "10.0.0.1"),
        ("*.shop", "*.shop"), ("fe80::1", "fe80::1"), ("", ""),
    ],
)  # fmt: skip
def test_only_bare_names_are_completed(host: str, full: str) -> None:
    assert complete(host, "shop", "cluster.local") == full


@pytest.mark.parametrize(
    ("text", "name"),
    [("edge", "ns/edge"), ("./edge", "ns/edge"), ("other/edge", "other/edge"), ("edge.other", "other/edge"),
     ("edge.other.svc.cluster.local", "other/edge")],
)  # fmt: skip
def test_gateways_are_named_in_four_ways(text: str, name: str) -> None:
    assert gateway_name(text, "ns") == name


@pytest.mark.parametrize(
    ("one", "other", "is_covered", "overlaps"),
    [
        ("a.b", "a.b", True, True), ("a.b", "*.b", True, True), ("*.b", "a.b", False, True), ("b", "*.b", False, False),
        ("*.a.b", "*.b", True, True), ("*.b", "*.a.b", False, True),
        ("a.b", "*", True, True), ("a.c", "*.b", False, False),
    ],
)  # fmt: skip
def test_covering_has_a_direction_and_overlapping_has_none(
    one: str, other: str, is_covered: bool, overlaps: bool
) -> None:
    assert covered(one, other) is is_covered
    assert overlapping(one, other) is overlapping(other, one) is overlaps


@pytest.mark.parametrize(
    ("text", "so"), [("10.0.0.1", True), ("::1", True), ("1.2.3", False), ("a", False), ("fe80::1%e", False)]
)
def test_addresses_are_literal_ones(text: str, so: bool) -> None:
    assert is_address(text) is so


@pytest.mark.parametrize(
    ("locality", "pattern", "fits"),
    [
        ("r/z/s", "r/z/*", True),
        ("r/z/s", "r", True),
        ("r/z/s", "r/y", False),
        ("r/z", "*", True),
        ("", "*", True),
        ("", "r", False),
    ],
)
def test_localities_match_by_parts(locality: str, pattern: str, fits: bool) -> None:
    assert locality_matches(locality, pattern) is fits


def test_a_locality_label_may_use_dots() -> None:
    assert locality_label({"istio-locality": "r.z"}) == "r/z"
    assert locality_label({"topology.istio.io/locality": "r/z.1"}) == "r/z.1"
    assert split_locality("r") == ("r", "", "")


@pytest.mark.parametrize(
    ("port", "protocol"),
    [
        ({"port": 80, "name": "http-web"}, "HTTP"), ({"port": 80, "name": "web"}, "UnsupportedProtocol"),
        ({"port": 3306, "name": "db"}, "TCP"), ({"port": 80, "name": "GRPC-Web-x"}, "GRPC-Web"),
        ({"port": 80, "name": "x", "appProtocol": "kubernetes.io/h2c"}, "HTTP2"),
        ({"port": 80, "name": "http", "appProtocol": "mongo"}, "Mongo"),
        ({"port": 1, "protocol": "UDP", "name": "http"}, "UDP"),
    ],
)  # fmt: skip
def test_the_protocol_comes_from_field_name_or_number(port: dict[str, object], protocol: str) -> None:
    raw = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {"ports": [port]},
    }
    assert from_service(Object(raw), "cluster.local", {}).ports[0].protocol == protocol
    assert parse_protocol("HTTPS") == "HTTPS"


def test_an_entry_is_one_service_for_each_host_and_usable_address() -> None:
    raw = {
        "apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": {"name": "a", "namespace": "b"},
        "spec": {"hosts": ["x", "y"], "addresses": ["1.1.1.1", "2.2.2.2/32", "10.0.0.0/24", "name"]},
    }  # fmt: skip
    made = [(service.host, service.address) for service in from_entry(Object(raw), {})]
    assert made == [(host, address) for host in ("x", "y") for address in ("1.1.1.1", "2.2.2.2", "10.0.0.0/24")]


def test_traffic_distribution_may_stand_in_three_places() -> None:
    key = "networking.istio.io/traffic-distribution"

    def spreads(own: dict[str, str], inherited: dict[str, str], spec: dict[str, str]) -> bool:
        meta = {"name": "a", "namespace": "b", "annotations": own}
        return from_service(Object({"metadata": meta, "spec": spec}), "cluster.local", inherited).spreads

    assert spreads({}, {}, {"trafficDistribution": "PreferSameNode"})
    assert spreads({key: "preferclose"}, {}, {})
    assert spreads({}, {key: "PreferClose"}, {})
    assert not spreads({key: "Any"}, {key: "PreferClose"}, {})
    assert not spreads({}, {}, {"trafficDistribution": "Unknown"})


def test_flags_are_read_as_go_reads_booleans() -> None:
    assert Flags.read({"PILOT_FILTER_GATEWAY_CLUSTER_CONFIG": "T"}, (1, 31)).filter_gateways
    assert not Flags.read({"PILOT_FILTER_GATEWAY_CLUSTER_CONFIG": "yes"}, (1, 31)).filter_gateways
    assert not Flags.read({"PILOT_UNIFIED_SIDECAR_SCOPE": "false"}, (1, 31)).unified_scope
    assert (Flags.read({}, (1, 29)).best_namespace, Flags.read({}, (1, 30)).best_namespace) == (False, True)


def test_kubernetes_own_hosts_are_local_to_their_cluster_unless_the_mesh_says_otherwise() -> None:
    local = ClusterLocal({}, "cluster.local")
    assert local.holds("kube-dns.kube-system.svc.cluster.local")
    assert local.holds("istiod.istio-system.svc.cluster.local")
    assert not local.holds("a.b.svc.cluster.local")
    settings = [
        {"settings": {"clusterLocal": True}, "hosts": ["*.b.svc.cluster.local"]},
        {"settings": {"clusterLocal": False}, "hosts": ["x.b.svc.cluster.local", "*.kube-system.svc.cluster.local"]},
    ]
    changed = ClusterLocal({"serviceSettings": settings}, "cluster.local")
    assert changed.holds("a.b.svc.cluster.local")
    assert not changed.holds("x.b.svc.cluster.local")
    assert not changed.holds("kube-dns.kube-system.svc.cluster.local")


@pytest.mark.parametrize(
    ("root", "leaf", "conflict"),
    [
        ({"uri": {"prefix": "/a"}}, {"uri": {"exact": "/a/b"}}, False),
        ({"uri": {"exact": "/a"}}, {"uri": {"prefix": "/a"}}, True),
        ({"uri": {"exact": "/a"}}, {"uri": {"exact": "/a"}}, False),
        ({"uri": {"regex": "a"}}, {"uri": {"prefix": "/a"}}, True),
        ({"uri": {"prefix": "/a"}}, {"uri": {"regex": "a"}}, True),
        ({"headers": {"x": {"exact": "1"}}}, {"headers": {"x": {"exact": "2"}}}, True),
        ({"headers": {"x": {"exact": "1"}}}, {"headers": {"y": {"exact": "2"}}}, False),
        ({"port": 80}, {"port": 81}, True), ({"port": 80}, {}, False),
        ({"sourceNamespace": "a"}, {}, True), ({"sourceNamespace": "a"}, {"sourceNamespace": "a"}, False),
        ({"sourceLabels": {"a": "1"}}, {"sourceLabels": {"a": "2"}}, True),
        ({"gateways": ["a", "b"]}, {"gateways": ["a"]}, False), ({"gateways": ["a"]}, {"gateways": ["b"]}, True),
        ({"ignoreUriCase": True}, {}, True), ({}, {}, False),
    ],
)  # fmt: skip
def test_a_delegates_match_must_lie_within_its_roots(
    root: dict[str, object], leaf: dict[str, object], conflict: bool
) -> None:
    assert conflicting(root, leaf) is conflict


def test_port_settings_stand_alone() -> None:
    policy = {"tls": {"mode": "SIMPLE"}, "portLevelSettings": [{"port": {"number": 80}}]}
    assert for_port(policy, 80) == ({"port": {"number": 80}}, True)
    assert for_port(policy, 81) == (policy, False)
    assert for_port(None, 80) == (None, False)
    assert mutual_tls(None, "", 80) is None
