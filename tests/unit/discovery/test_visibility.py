from typing import Any

import pytest

from getmesh.discovery.simulation import imagined
from getmesh.model.objects import Object
from tests.unit.discovery.meshes import (
    BAR,
    CL_BAR,
    CL_FOO,
    FOO,
    Mesh,
    base,
    istio,
    mesh_config,
    namespace,
    obj,
    pod,
    service,
)

EXPORT = "networking.istio.io/exportTo"
ROUTE_TO_BAR: dict[str, Any] = {
    "hosts": [FOO],
    "http": [{"route": [{"destination": {"host": BAR, "port": {"number": 8000}}}]}],
}


def sidecar(*hosts: str, place: str = "foo/default", **more: Any) -> Object:
    """Make a Sidecar that imports hosts."""
    return istio("Sidecar", place, {"egress": [{"hosts": list(hosts)}], **more.pop("spec", {})}, **more)


def exported(to: str) -> list[Object]:
    """Give the usual mesh with bar's Service exported to somebody."""
    plain = [item for item in base() if (item.kind, item.name) != ("Service", "bar")]
    return [*plain, service("bar/bar", annotations={EXPORT: to})]


@pytest.mark.parametrize(
    ("to", "foo_sees", "bar_sees"),
    [
        (".", False, True), ("~", False, False), ("baz, foo", True, False), ("*", True, True),
        ("billing,*", True, True), ("foo,~", False, False), ("", True, True), ("bar", False, True),
    ],
)  # fmt: skip
def test_the_annotation_of_a_service_says_who_sees_it(to: str, foo_sees: bool, bar_sees: bool) -> None:
    mesh = Mesh(exported(to))
    assert (CL_BAR in mesh.clusters("foo-1.foo")) is foo_sees
    assert (CL_BAR in mesh.clusters("bar-1.bar")) is bar_sees
    assert "inbound|8080||" in mesh.clusters("bar-1.bar")


@pytest.mark.parametrize(("default", "sees"), [(["."], False), ([".", "foo"], True), (["~"], False), ([], True)])
def test_the_mesh_has_a_default_for_services_without_annotation(default: list[str], sees: bool) -> None:
    mesh = Mesh([*base(), mesh_config({"defaultServiceExportTo": default})])
    assert (CL_BAR in mesh.clusters("foo-1.foo")) is sees


def test_an_annotation_beats_the_default() -> None:
    mesh = Mesh([*exported("*"), mesh_config({"defaultServiceExportTo": ["."]})])
    assert CL_BAR in mesh.clusters("foo-1.foo")
    assert CL_FOO not in mesh.clusters("bar-1.bar")


def test_a_sidecar_imports_what_it_names() -> None:
    istiod = service("istio-system/istiod")
    mesh = Mesh([*base(), istiod, sidecar("./*", "istio-system/*")])
    expected = {CL_FOO, "outbound|8000||istiod.istio-system.svc.cluster.local", "inbound|8080||"}
    assert mesh.clusters("foo-1.foo") == expected


def test_an_exclusion_cuts_a_namespace_out() -> None:
    assert Mesh([*base(), sidecar("*/*", "~bar/*")]).clusters("foo-1.foo") == {CL_FOO, "inbound|8080||"}


def test_an_exclusion_of_everything_cancels_all_other_hosts() -> None:
    assert Mesh([*base(), sidecar("~/*")]).clusters("foo-1.foo") == {"inbound|8080||"}
    assert Mesh([*base(), sidecar("./*", "~/*")]).clusters("foo-1.foo") == {"inbound|8080||"}


def test_a_route_implies_the_ports_that_it_names() -> None:
    two = service("bar/bar", {"name": "http", "port": 8000, "targetPort": 8080}, {"name": "admin", "port": 9000})
    objects = [item for item in base() if (item.kind, item.name) != ("Service", "bar")]
    mesh = Mesh([*objects, two, sidecar("./*"), istio("VirtualService", "foo/foo", ROUTE_TO_BAR)])
    assert mesh.clusters("foo-1.foo") == {CL_FOO, CL_BAR, "inbound|8080||"}


def test_a_route_of_another_namespace_is_not_imported() -> None:
    mesh = Mesh([*base(), sidecar("./*"), istio("VirtualService", "bar/foo", ROUTE_TO_BAR)])
    assert CL_BAR not in mesh.clusters("foo-1.foo")


def test_an_exclusion_does_not_stop_what_a_route_implies() -> None:
    mesh = Mesh([*base(), sidecar("*/*", "~bar/*"), istio("VirtualService", "foo/foo", ROUTE_TO_BAR)])
    assert CL_BAR in mesh.clusters("foo-1.foo")


def test_a_route_for_another_source_namespace_implies_nothing() -> None:
    http = [{"match": [{"sourceNamespace": "bar"}], "route": [{"destination": {"host": BAR}}]}]
    mesh = Mesh([*base(), sidecar("./*"), istio("VirtualService", "foo/foo", {"hosts": [FOO], "http": http})])
    assert CL_BAR not in mesh.clusters("foo-1.foo")


def test_a_listener_with_a_port_imports_that_port_only() -> None:
    two = service("bar/bar", {"name": "http", "port": 8000}, {"name": "admin", "port": 9000})
    objects = [item for item in base() if (item.kind, item.name) != ("Service", "bar")]
    egress = [{"port": {"number": 9000, "protocol": "HTTP", "name": "admin"}, "hosts": ["bar/*"]}]
    mesh = Mesh([*objects, two, istio("Sidecar", "foo/default", {"egress": egress})])
    assert mesh.clusters("foo-1.foo") == {f"outbound|9000||{BAR}", "inbound|8080||"}


def test_a_matching_selector_comes_first_and_the_oldest_of_them() -> None:
    pods = [pod("foo/foo-2", "10.244.0.11", labels={"app": "x"})]
    hosts = {"newer": "bar/*", "older": "./*", "default": "~/*"}
    times = {"newer": "2026-02-01T00:00:00Z", "older": "2026-01-01T00:00:00Z", "default": "2025-01-01T00:00:00Z"}
    sidecars = [
        sidecar(
            hosts[name], place=f"foo/{name}", created=times[name],
            spec={} if name == "default" else {"workloadSelector": {"labels": {"app": "foo"}}},
        )
        for name in hosts
    ]  # fmt: skip
    mesh = Mesh([*base(), *pods, *sidecars])
    assert mesh.clusters("foo-1.foo") == {CL_FOO, "inbound|8080||"}
    assert mesh.clusters("foo-2.foo") == set()


def test_an_empty_selector_matches_every_workload_and_ranks_with_the_others() -> None:
    all_of_them = sidecar("bar/*", place="foo/all", spec={"workloadSelector": {}}, created="2024-01-01T00:00:00Z")
    some = sidecar(
        "./*", place="foo/some", spec={"workloadSelector": {"labels": {"app": "foo"}}}, created="2025-01-01T00:00:00Z"
    )
    assert CL_FOO not in Mesh([*base(), all_of_them, some]).clusters("foo-1.foo")


def test_the_root_sidecar_is_read_from_the_proxys_namespace() -> None:
    mesh = Mesh([*base(), sidecar("./*", place="istio-system/default")])
    assert mesh.clusters("foo-1.foo") == {CL_FOO, "inbound|8080||"}
    assert mesh.clusters("bar-1.bar") == {CL_BAR, "inbound|8080||"}


def test_routers_do_not_mind_sidecars() -> None:
    mesh = Mesh([*base(), sidecar("~/*")])
    assert mesh.clusters(imagined("router", "foo", {})) == {CL_FOO, CL_BAR}


def test_a_sidecar_that_validation_refuses_does_not_exist() -> None:
    assert CL_BAR in Mesh([*base(), sidecar("./foo")]).clusters("foo-1.foo")


def external(place: str, address: str, created: str, **more: Any) -> Object:
    """Make a ServiceEntry for api.ext."""
    ports = [{"number": 443, "name": "tls", "protocol": "TLS"}]
    spec = {"hosts": ["api.ext"], "ports": ports, "resolution": "STATIC", "endpoints": [{"address": address}], **more}
    return istio("ServiceEntry", place, spec, created=created)


def test_of_one_host_in_several_namespaces_the_own_one_wins_else_the_oldest() -> None:
    entries = [external("a/x", "1.1.1.1", "2025-01-01T00:00:00Z"), external("b/x", "2.2.2.2", "2026-01-01T00:00:00Z")]
    mesh = Mesh([*base(), namespace("a"), namespace("b"), *entries])
    name = "outbound|443||api.ext"
    assert mesh.rows(imagined("sidecar", "b", {}), name) == ["2.2.2.2:443 HEALTHY"]
    assert mesh.rows(imagined("sidecar", "c", {}), name) == ["1.1.1.1:443 HEALTHY"]
    assert mesh.rows(imagined("router", "b", {}), name) == ["1.1.1.1:443 HEALTHY"]


def test_an_entry_for_a_services_host_counts_in_its_own_namespace_only() -> None:
    ports = [{"number": 8000, "name": "http", "protocol": "HTTP"}]
    spec = {"hosts": [BAR], "ports": ports, "resolution": "STATIC", "endpoints": [{"address": "1.2.3.4"}]}
    mesh = Mesh([*base(), namespace("x"), istio("ServiceEntry", "x/bar", spec, created="2020-01-01T00:00:00Z")])
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.244.0.10:8080 HEALTHY"]
    assert mesh.rows(imagined("sidecar", "x", {}), CL_BAR) == ["1.2.3.4:8000 HEALTHY"]


@pytest.mark.parametrize(
    ("port_name", "rows"),
    [("http", ["1.2.3.4:8000 HEALTHY", "10.244.0.10:8080 HEALTHY"]), ("web", ["10.244.0.10:8080 HEALTHY"])],
)
def test_an_entry_beside_its_service_adds_endpoints_if_port_names_agree(port_name: str, rows: list[str]) -> None:
    ports = [{"number": 8000, "name": port_name, "protocol": "HTTP"}]
    spec = {"hosts": [BAR], "ports": ports, "resolution": "STATIC", "endpoints": [{"address": "1.2.3.4"}]}
    assert Mesh([*base(), istio("ServiceEntry", "bar/bar", spec)]).rows("foo-1.foo", CL_BAR) == rows


@pytest.mark.parametrize(
    ("visibility", "foo_sees", "guest_sees"),
    [("NAMESPACE", False, True), ("NONE", False, False), ("PUBLIC", True, True)],
)
def test_mesh_policy_caps_who_sees_an_entry(visibility: str, foo_sees: bool, guest_sees: bool) -> None:
    rules = [{"namespaceSelector": {"matchLabels": {"tenant": "guest"}}}]
    policy = {"applyToSidecars": True, "policies": [{"visibility": visibility, "matchingRules": rules}]}
    entry = external("guest/x", "1.1.1.1", "2025-01-01T00:00:00Z")
    mesh = Mesh([*base(), namespace("guest", tenant="guest"), entry, mesh_config({"serviceEntryVisibility": policy})])
    name = "outbound|443||api.ext"
    assert (name in mesh.clusters("foo-1.foo")) is foo_sees
    assert (name in mesh.clusters(imagined("sidecar", "guest", {}))) is guest_sees


def test_a_delegate_is_merged_only_if_its_root_may_see_it() -> None:
    root = istio(
        "VirtualService", "foo/root", {"hosts": [FOO], "http": [{"delegate": {"name": "part", "namespace": "bar"}}]}
    )
    http = [{"route": [{"destination": {"host": "bar"}}]}]
    for export, implied in (([], True), (["."], False), (["foo"], True)):
        part = istio("VirtualService", "bar/part", {"http": http, **({"exportTo": export} if export else {})})
        mesh = Mesh([*base(), sidecar("./*"), root, part])
        assert (CL_BAR in mesh.clusters("foo-1.foo")) is implied, export


def test_a_delegate_outside_of_its_roots_match_is_dropped() -> None:
    match = [{"uri": {"prefix": "/a"}}]
    root = istio(
        "VirtualService", "foo/root",
        {"hosts": [FOO], "http": [{"match": match, "delegate": {"name": "part", "namespace": "bar"}}]},
    )  # fmt: skip
    for prefix, implied in (("/a/b", True), ("/b", False)):
        http = [{"match": [{"uri": {"prefix": prefix}}], "route": [{"destination": {"host": "bar"}}]}]
        mesh = Mesh([*base(), sidecar("./*"), root, istio("VirtualService", "bar/part", {"http": http})])
        assert (CL_BAR in mesh.clusters("foo-1.foo")) is implied, prefix


def test_aliases_have_no_clusters() -> None:
    alias = obj("Service", "foo/ext", {"type": "ExternalName", "externalName": BAR, "ports": [{"port": 80}]})
    assert not any("ext.foo" in name for name in Mesh([*base(), alias]).clusters("foo-1.foo"))
