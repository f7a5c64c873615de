from typing import Any

import pytest

from getmesh.discovery.simulation import imagined
from getmesh.model.objects import Object
from tests.unit.discovery.meshes import (
    BAR,
    CL_BAR,
    Mesh,
    base,
    istio,
    mesh_config,
    namespace,
    obj,
    pod,
    service,
)

SLICE = {"kubernetes.io/service-name": "bar"}
ELSEWHERE = {**SLICE, "multicluster.kubernetes.io/service-name": "bar"}
SESSION = {"istio.io/persistent-session": "cookie"}
NEAR = {"trafficDistribution": "PreferClose"}


def without(kind: str, name: str) -> list[Object]:
    """Give the usual mesh without one object."""
    return [item for item in base() if (item.kind, item.name) != (kind, name)]


def endpoint_slice(*endpoints: Any, labels: Any = None, address_type: str = "IPv4", name: str = "bar-1") -> Object:
    """Make an EndpointSlice of bar."""
    ports = [{"name": "http", "port": 8080}]
    return obj(
        "EndpointSlice", f"bar/{name}", api="discovery.k8s.io/v1", labels=labels or SLICE, addressType=address_type,
        ports=ports, endpoints=list(endpoints),
    )  # fmt: skip


def at(address: str, **conditions: bool) -> dict[str, Any]:
    """Make an endpoint of a slice."""
    return {"addresses": [address], **({"conditions": conditions} if conditions else {})}


@pytest.mark.parametrize(
    ("conditions", "health"),
    [
        ({}, "HEALTHY"), ({"ready": True, "terminating": True}, "HEALTHY"),
        ({"ready": False, "terminating": False}, "UNHEALTHY"), ({"ready": False}, None),
        ({"ready": False, "serving": False, "terminating": False}, "UNHEALTHY"),
        ({"ready": False, "serving": True, "terminating": True}, None),
    ],
)  # fmt: skip
def test_conditions_of_a_slice_decide_the_health(conditions: dict[str, bool], health: str | None) -> None:
    mesh = Mesh([*base(), endpoint_slice(at("10.1.1.1", **conditions))])
    assert mesh.rows("foo-1.foo", CL_BAR) == ([f"10.1.1.1:8080 {health}"] if health else [])


def test_persistent_sessions_keep_draining_endpoints() -> None:
    objects = [*without("Service", "bar"), service("bar/bar", labels=SESSION)]
    mesh = Mesh([*objects, endpoint_slice(at("10.1.1.1", ready=False, serving=True, terminating=True))])
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.1.1.1:8080 DRAINING"]


def test_a_pod_labelled_draining_is_kept_only_for_sessions() -> None:
    pods = [*without("Pod", "bar-1"), pod("bar/bar-1", "10.244.0.10", labels={"istio.io/draining": "true"})]
    assert Mesh(pods).rows("foo-1.foo", CL_BAR) == []
    held = [item for item in pods if (item.kind, item.name) != ("Service", "bar")]
    assert Mesh([*held, service("bar/bar", labels=SESSION)]).rows("foo-1.foo", CL_BAR) == ["10.244.0.10:8080 DRAINING"]


def test_a_slice_may_lead_where_no_pod_is_but_not_to_a_pod_that_is_missing() -> None:
    gone = {**at("10.1.1.2"), "targetRef": {"kind": "Pod", "name": "gone", "namespace": "bar"}}
    mesh = Mesh([*base(), endpoint_slice(at("10.1.1.1"), gone)])
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.1.1.1:8080 HEALTHY"]


@pytest.mark.parametrize(
    "ignored",
    [
        endpoint_slice(at("10.1.1.9"), labels={"app": "bar"}, name="bar-2"),
        endpoint_slice(at("x.example"), address_type="FQDN", name="bar-2"),
        endpoint_slice(at("10.1.1.9"), labels=ELSEWHERE, name="bar-2"),
    ],
)
def test_some_slices_do_not_count(ignored: Object) -> None:
    mesh = Mesh([*base(), endpoint_slice(at("10.1.1.1")), ignored])
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.1.1.1:8080 HEALTHY"]


def test_pods_stand_in_for_slices_that_are_missing() -> None:
    pods = [
        pod("bar/bar-2", "10.244.0.11", ready=False),
        pod("bar/bar-3", "10.244.0.12", meta={"deletionTimestamp": "2026-02-01T00:00:00Z"}),
        pod("bar/bar-4", "10.244.0.13", phase="Failed"),
        pod("bar/bar-5", ""),
    ]
    assert Mesh([*base(), *pods]).rows("foo-1.foo", CL_BAR) == [
        "10.244.0.10:8080 HEALTHY",
        "10.244.0.11:8080 UNHEALTHY",
    ]


def test_endpoints_of_a_service_without_selector_are_mirrored() -> None:
    subsets = [{"addresses": [{"ip": "10.2.2.2"}], "ports": [{"name": "http", "port": 9999}]}]
    objects = [*without("Service", "bar"), service("bar/bar", spec={"selector": None})]
    mesh = Mesh([*objects, obj("Endpoints", "bar/bar", subsets=subsets)])
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.2.2.2:9999 HEALTHY"]


def test_asking_for_healthy_endpoints_withholds_the_others_unless_traffic_is_distributed() -> None:
    policy = {"outlierDetection": {"minHealthPercent": 50}}
    rule = istio("DestinationRule", "bar/bar", {"host": "bar", "trafficPolicy": policy})
    unready = endpoint_slice(at("10.1.1.1", ready=False, terminating=False))
    assert Mesh([*base(), unready, rule]).rows("foo-1.foo", CL_BAR) == []
    near = [*without("Service", "bar"), service("bar/bar", spec=NEAR)]
    assert Mesh([*near, unready, rule]).rows("foo-1.foo", CL_BAR) == ["10.1.1.1:8080 UNHEALTHY"]


def test_older_versions_withhold_unready_endpoints() -> None:
    unready = endpoint_slice(at("10.1.1.1", ready=False, terminating=False))
    assert Mesh([*base(), unready], istio_version=(1, 30)).rows("foo-1.foo", CL_BAR) == []


def test_node_local_traffic_stays_on_the_node() -> None:
    local = service("bar/bar", spec={"internalTrafficPolicy": "Local"})
    pods = [
        pod("foo/foo-1", "10.244.0.9", node="n1"),
        pod("bar/bar-1", "10.244.0.10", node="n1"),
        pod("bar/bar-2", "10.244.0.11", node="n2"),
    ]
    spaces = [namespace(name) for name in ("foo", "bar", "istio-system")]
    mesh = Mesh([*spaces, local, *pods])
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.244.0.10:8080 HEALTHY"]
    assert mesh.rows("bar-2.bar", CL_BAR) == ["10.244.0.11:8080 HEALTHY"]


def test_a_distribution_drops_localities_that_it_does_not_send_to() -> None:
    nodes = [
        obj("Node", f"n{zone}", labels={"topology.kubernetes.io/region": "r", "topology.kubernetes.io/zone": zone})
        for zone in "ab"
    ]
    pods = [
        pod("foo/foo-1", "10.244.0.9", node="na"), pod("foo/foo-2", "10.244.0.8", node="nb"),
        pod("bar/bar-1", "10.244.0.10", node="na"), pod("bar/bar-2", "10.244.0.11", node="nb"),
    ]  # fmt: skip
    spaces = [namespace(name) for name in ("foo", "bar", "istio-system")]
    distribute = [{"from": "r/a/*", "to": {"r/a/*": 100}}]
    mesh = Mesh(
        [*spaces, *nodes, service("bar/bar"), *pods, mesh_config({"localityLbSetting": {"distribute": distribute}})]
    )
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.244.0.10:8080 HEALTHY"]
    assert len(mesh.rows("foo-2.foo", CL_BAR)) == 2


def test_headless_services_have_rows_for_routers_only() -> None:
    mesh = Mesh([*without("Service", "bar"), service("bar/bar", spec={"clusterIP": "None"})])
    assert mesh.types("foo-1.foo")[CL_BAR] == "ORIGINAL_DST"
    assert mesh.rows("foo-1.foo", CL_BAR) == []
    router = imagined("router", "foo", {})
    assert mesh.types(router)[CL_BAR] == "EDS"
    assert mesh.rows(router, CL_BAR) == ["10.244.0.10:8080 HEALTHY"]


def test_udp_ports_have_inbound_clusters_only() -> None:
    ports = [
        {"name": "dns-udp", "port": 53, "protocol": "UDP", "targetPort": 5353},
        {"name": "dns", "port": 53, "targetPort": 5353},
    ]
    mesh = Mesh([*without("Service", "bar"), service("bar/bar", *ports)])
    assert {name for name in mesh.clusters("bar-1.bar") if "foo" not in name} == {
        f"outbound|53||{BAR}",
        "inbound|5353||",
    }
    udp = Mesh([*without("Service", "bar"), service("bar/bar", ports[0])])
    assert {name for name in udp.clusters("bar-1.bar") if "foo" not in name} == {"inbound|5353||"}


def test_named_target_ports_are_looked_up_in_the_pod() -> None:
    mesh = Mesh([*without("Service", "bar"), service("bar/bar", {"name": "http", "port": 80, "targetPort": "web"})])
    assert mesh.rows("foo-1.foo", f"outbound|80||{BAR}") == ["10.244.0.10:8080 HEALTHY"]
    assert "inbound|8080||" in mesh.clusters("bar-1.bar")


def entry(resolution: str, *endpoints: Any, **more: Any) -> Object:
    """Make a ServiceEntry for h.ext."""
    ports = [{"number": 443, "name": "tls", "protocol": "TLS"}]
    spec = {"hosts": ["h.ext"], "ports": ports, "resolution": resolution, **more}
    return istio("ServiceEntry", "foo/ext", {**spec, **({"endpoints": list(endpoints)} if endpoints else {})})


NAME = "outbound|443||h.ext"


@pytest.mark.parametrize(
    ("made", "kind", "rows"),
    [
        (entry("DNS"), "STRICT_DNS", ["h.ext:443 HEALTHY"]),
        (entry("DNS_ROUND_ROBIN"), "LOGICAL_DNS", ["h.ext:443 HEALTHY"]),
        (entry("NONE"), "ORIGINAL_DST", []),
        (entry("STATIC", {"address": "1.1.1.1", "ports": {"tls": 8443}}), "EDS", ["1.1.1.1:8443 HEALTHY"]),
        (entry("STATIC"), "EDS", []),
        (entry("DNS", workloadSelector={"labels": {"app": "none"}}), None, []),
    ],
)
def test_the_resolution_of_an_entry_decides_type_and_rows(made: Object, kind: str | None, rows: list[str]) -> None:
    mesh = Mesh([*base(), made])
    assert mesh.types("foo-1.foo").get(NAME) == kind
    assert mesh.rows("foo-1.foo", NAME) == rows


def test_an_entry_selects_ready_pods_and_workload_entries() -> None:
    vm = istio("WorkloadEntry", "foo/vm", {"address": "10.9.9.9", "labels": {"app": "db"}})
    pods = [pod("foo/db-1", "10.244.0.20"), pod("foo/db-2", "10.244.0.21", ready=False)]
    mesh = Mesh([*base(), vm, *pods, entry("STATIC", workloadSelector={"labels": {"app": "db"}})])
    assert mesh.rows("foo-1.foo", NAME) == ["10.244.0.20:443 HEALTHY", "10.9.9.9:443 HEALTHY"]
    assert "inbound|443||" in mesh.clusters("db-1.foo")


def test_a_service_selects_workload_entries_of_its_namespace() -> None:
    vm = istio("WorkloadEntry", "bar/vm", {"address": "10.9.9.9", "labels": {"app": "bar"}})
    mesh = Mesh([*base(), vm])
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.244.0.10:8080 HEALTHY", "10.9.9.9:8080 HEALTHY"]


def test_an_unhealthy_workload_entry_is_absent() -> None:
    checks = {"proxy.istio.io/health-checks-enabled": "true"}
    spec = {"address": "10.9.9.9", "labels": {"app": "bar"}}
    unknown = istio("WorkloadEntry", "bar/vm", spec, annotations=checks)
    assert Mesh([*base(), unknown]).rows("foo-1.foo", CL_BAR) == ["10.244.0.10:8080 HEALTHY"]


def test_endpoints_of_another_network_are_reached_by_its_gateway() -> None:
    networks = {"networks": {"west": {"gateways": [{"address": "5.5.5.5", "port": 15443}]}}}
    remote = Mesh([
        namespace("istio-system", **{"topology.istio.io/network": "west"}), namespace("bar"), service("bar/bar"),
        pod("bar/bar-9", "10.9.0.9"),
    ]).snapshot  # fmt: skip
    mesh = Mesh(base(), {"west-cluster": remote}, mesh_networks=networks)
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.244.0.10:8080 HEALTHY", "5.5.5.5:15443 HEALTHY"]


def test_a_sidecars_ingress_takes_the_place_of_service_ports() -> None:
    listeners = [
        {"port": {"number": 9080, "protocol": "HTTP", "name": "a"}, "defaultEndpoint": "127.0.0.1:8080"},
        {"port": {"number": 9081, "protocol": "HTTP", "name": "b"}, "defaultEndpoint": "0.0.0.0:9000"},
        {"port": {"number": 9082, "protocol": "HTTP", "name": "c"}},
    ]
    mesh = Mesh([*base(), istio("Sidecar", "bar/default", {"ingress": listeners})])
    assert {name for name in mesh.clusters("bar-1.bar") if name.startswith("in")} == {
        "inbound|9080||", "inbound|9081||", "inbound|9082||",
    }  # fmt: skip
    assert mesh.rows("bar-1.bar", "inbound|9080||") == ["127.0.0.1:8080 HEALTHY"]
    assert mesh.rows("bar-1.bar", "inbound|9081||") == ["10.244.0.10:9000 HEALTHY"]
    assert mesh.types("bar-1.bar")["inbound|9082||"] == "ORIGINAL_DST"
