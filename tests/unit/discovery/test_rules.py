from typing import Any

import pytest

from getmesh.discovery.simulation import imagined
from getmesh.model.objects import Object
from tests.unit.discovery.meshes import BAR, CL_BAR, Mesh, base, istio, mesh_config, pod

V1 = {"name": "v1", "labels": {"version": "v1"}}
V9 = {"name": "v9", "labels": {"version": "v9"}}
SUB = f"outbound|8000|{{}}|{BAR}".format


def rule(place: str, host: str = BAR, *subsets: Any, **more: Any) -> Object:
    """Make a DestinationRule."""
    created = more.pop("created", "2025-01-01T00:00:00Z")
    return istio("DestinationRule", place, {"host": host, "subsets": list(subsets), **more}, created=created)


def versioned() -> list[Object]:
    """Give the usual mesh with a version on bar's pod."""
    plain = [item for item in base() if item.name != "bar-1"]
    return [*plain, pod("bar/bar-1", "10.244.0.10", labels={"version": "v1"})]


def test_subsets_are_clusters_whether_or_not_endpoints_match() -> None:
    mesh = Mesh([*versioned(), rule("bar/bar", "bar", V1, V9)])
    assert {CL_BAR, SUB("v1"), SUB("v9")} <= mesh.clusters("foo-1.foo")
    assert mesh.rows("foo-1.foo", SUB("v1")) == ["10.244.0.10:8080 HEALTHY"]
    assert mesh.rows("foo-1.foo", SUB("v9")) == []
    assert {mesh.rules("foo-1.foo")[name] for name in (CL_BAR, SUB("v1"), SUB("v9"))} == {"bar.bar"}


def test_a_broad_rule_of_the_client_shadows_the_services_own() -> None:
    mesh = Mesh([*versioned(), rule("bar/bar", "bar", V1), rule("foo/all", "*.local")])
    assert SUB("v1") not in mesh.clusters("foo-1.foo")
    assert mesh.rules("foo-1.foo")[CL_BAR] == "all.foo"


def test_the_root_has_the_last_word_and_only_with_exported_rules() -> None:
    assert Mesh([*base(), rule("istio-system/all", "*.local")]).rules("foo-1.foo")[CL_BAR] == "all.istio-system"
    private = rule("istio-system/all", "*.local", exportTo=["."])
    assert Mesh([*base(), private]).rules("foo-1.foo")[CL_BAR] == ""
    assert Mesh([*base(), private]).rules(imagined("router", "istio-system", {}))[CL_BAR] == "all.istio-system"


def test_rules_of_one_host_merge_and_the_older_subset_wins() -> None:
    rules = [
        rule("bar/young", "bar", {"name": "v1", "labels": {"version": "v9"}}, V9, created="2025-02-01T00:00:00Z"),
        rule("bar/old", "bar", V1, created="2025-01-01T00:00:00Z"),
    ]
    mesh = Mesh([*versioned(), *rules])
    assert mesh.rules("foo-1.foo")[SUB("v9")] == "old.bar"
    assert mesh.rows("foo-1.foo", SUB("v1")) == ["10.244.0.10:8080 HEALTHY"]


def test_rules_with_unequal_exports_stay_apart_and_the_last_counts() -> None:
    rules = [
        rule("bar/one", "bar", V1, exportTo=["foo"], created="2025-01-01T00:00:00Z"),
        rule("bar/two", "bar", V9, exportTo=["*"], created="2025-02-01T00:00:00Z"),
    ]
    assert SUB("v1") not in Mesh([*base(), *rules]).clusters("foo-1.foo")


def test_a_wider_export_is_lost_when_it_is_a_superset() -> None:
    rules = [
        rule("bar/one", "bar", V1, exportTo=["foo"], created="2025-01-01T00:00:00Z"),
        rule("bar/two", "bar", V9, exportTo=["foo", "baz"], created="2025-02-01T00:00:00Z"),
    ]
    mesh = Mesh([*base(), *rules])
    assert {SUB("v1"), SUB("v9")} <= mesh.clusters("foo-1.foo")
    assert SUB("v9") not in mesh.clusters(imagined("sidecar", "baz", {}))


def test_a_rule_with_a_selector_is_for_such_clients_of_its_namespace() -> None:
    special = rule("foo/some", BAR, V1, workloadSelector={"matchLabels": {"app": "foo"}})
    mesh = Mesh([*base(), special])
    assert mesh.rules("foo-1.foo")[CL_BAR] == "some.foo"
    assert mesh.rules(imagined("sidecar", "foo", {"app": "other"}))[CL_BAR] == ""
    assert mesh.rules(imagined("sidecar", "bar", {"app": "foo"}))[CL_BAR] == ""


def test_the_mesh_default_matters_only_as_private() -> None:
    objects = [*base(), rule("bar/bar", "bar", V1)]
    for default, seen in ((["."], False), (["somebody"], True), (["*"], True)):
        mesh = Mesh([*objects, mesh_config({"defaultDestinationRuleExportTo": default})])
        assert (SUB("v1") in mesh.clusters("foo-1.foo")) is seen, default


PASS: dict[str, Any] = {"loadBalancer": {"simple": "PASSTHROUGH"}}
ROUND: dict[str, Any] = {"loadBalancer": {"simple": "ROUND_ROBIN"}}


def for_port(number: int) -> dict[str, Any]:
    """Give a policy that passes through on one port."""
    return {"portLevelSettings": [{"port": {"number": number}, **PASS}]}


@pytest.mark.parametrize(
    ("policy", "subset_policy", "types"),
    [
        (PASS, None, ("ORIGINAL_DST", "ORIGINAL_DST")),
        (PASS, ROUND, ("ORIGINAL_DST", "ORIGINAL_DST")),
        (None, PASS, ("EDS", "ORIGINAL_DST")),
        (for_port(8000), None, ("ORIGINAL_DST", "ORIGINAL_DST")),
        (for_port(1), None, ("EDS", "EDS")),
        (None, for_port(8000), ("EDS", "ORIGINAL_DST")),
    ],
)
def test_passthrough_balancing_makes_original_destination_clusters(
    policy: dict[str, Any] | None, subset_policy: dict[str, Any] | None, types: tuple[str, str]
) -> None:
    subset = {**V1, **({"trafficPolicy": subset_policy} if subset_policy else {})}
    more = {"trafficPolicy": policy} if policy else {}
    mesh = Mesh([*base(), rule("bar/bar", "bar", subset, **more)])
    held = mesh.types("foo-1.foo")
    assert (held[CL_BAR], held[SUB("v1")]) == types


def test_an_inbound_cluster_names_a_rule_only_for_its_top_level_policy() -> None:
    name = "inbound|8080||"
    assert Mesh([*base(), rule("bar/bar", "bar", V1)]).rules("bar-1.bar")[name] == ""
    policy = {"connectionPool": {"tcp": {"maxConnections": 1}}}
    assert Mesh([*base(), rule("bar/bar", "bar", trafficPolicy=policy)]).rules("bar-1.bar")[name] == "bar.bar"


@pytest.mark.parametrize(("location", "shown"), [("MESH_EXTERNAL", ""), ("MESH_INTERNAL", "all.bar")])
def test_an_inbound_cluster_names_no_rule_for_a_service_outside_of_the_mesh(location: str, shown: str) -> None:
    spec = {
        "hosts": ["x.ext"],
        "location": location,
        "ports": [{"number": 9000, "name": "http", "protocol": "HTTP"}],
        "resolution": "STATIC",
        "workloadSelector": {"labels": {"app": "bar"}},
    }
    policy = {"tls": {"mode": "DISABLE"}}
    mesh = Mesh([*base(), istio("ServiceEntry", "bar/x", spec), rule("bar/all", "x.ext", trafficPolicy=policy)])
    assert mesh.rules("bar-1.bar")["outbound|9000||x.ext"] == "all.bar"
    assert mesh.rules("bar-1.bar")["inbound|9000||"] == shown
