"""Which proxy is meant, what its workload serves, and what a view leaves out."""

from typing import Any

import pytest

from getmesh.discovery.bootstrap import bootstrap
from getmesh.discovery.namespaces import namespace_states, takes_part
from getmesh.discovery.notes import not_modelled
from getmesh.discovery.proxies import Proxy
from getmesh.discovery.references import references
from getmesh.discovery.settings import read_settings
from getmesh.discovery.simulation import imagined
from getmesh.errors import UsageError
from getmesh.model.objects import Object
from tests.unit.discovery.meshes import (
    BAR,
    CL_BAR,
    ENV_TEST,
    FOO,
    Mesh,
    base,
    istio,
    mesh_config,
    namespace,
    obj,
    pod,
    select,
    service,
)


def deployment(place: str, **template: Any) -> Object:
    """Make a Deployment of an app."""
    labels = {"app": place.rpartition("/")[2]}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, **template}}
    return obj("Deployment", place, spec, api="apps/v1")


@pytest.mark.parametrize(
    "who", ["foo-1.foo", "pod/foo-1.foo", "deploy/foo.foo", "deployment.apps/foo.foo", "svc/foo.foo"]
)
def test_a_proxy_is_found_by_pod_or_by_what_its_pods_belong_to(who: str) -> None:
    assert Mesh([*base(), deployment("foo/foo")]).proxy(who).id == "foo-1.foo"


def test_the_first_pod_of_a_workload_is_a_running_ready_old_one() -> None:
    pods = [
        pod("foo/foo-0", "10.0.0.1", ready=False), pod("foo/foo-2", "10.0.0.2", phase="Pending"),
        pod("foo/foo-3", "10.0.0.3", phase="Failed"),
    ]  # fmt: skip
    assert Mesh([*base(), *pods, deployment("foo/foo")]).proxy("deploy/foo.foo").name == "foo-1"


@pytest.mark.parametrize(
    ("who", "message"),
    [
        ("foo-1", "names no namespace"), ("foo.foo", "no pod"), ("deploy/bar.foo", "no Deployment foo/bar"),
        ("cow/foo.foo", "no workload type"), ("plain-1.foo", "no sidecar"), ("deploy/plain.foo", "have no sidecar"),
        ("deploy/cold.foo", "would get no sidecar"),
    ],
)  # fmt: skip
def test_a_proxy_that_cannot_be_found_is_explained(who: str, message: str) -> None:
    plain = pod("foo/plain-1", "10.0.0.5", proxy="")
    mesh = Mesh([*base(), plain, deployment("foo/plain"), deployment("foo/cold")])
    with pytest.raises(UsageError, match=message):
        mesh.proxy(who)


def test_a_missing_pod_gets_its_likely_names_as_a_hint() -> None:
    with pytest.raises(UsageError) as failure:
        Mesh(base()).proxy("foo.foo")
    assert "foo-1.foo" in failure.value.hint


def test_a_pod_of_another_cluster_is_found_too() -> None:
    remote = Mesh([namespace("west"), pod("west/west-1", "10.9.9.9")]).snapshot
    assert Mesh(base(), {"west": remote}).proxy("west-1.west").cluster == "west"


def test_a_proxy_that_need_not_exist_serves_what_selects_its_labels() -> None:
    named = service("foo/named", {"name": "x", "port": 81, "targetPort": "web"}, spec={"selector": {"app": "foo"}})
    mesh = Mesh([*base(), named])
    for address in ("10.7.7.7", ""):
        clusters = mesh.clusters(imagined("sidecar", "foo", {"app": "foo"}, address))
        assert {name for name in clusters if name[:2] == "in"} == {"inbound|8080||", "inbound|0||"}
    assert "shown as 0" in notes(mesh, imagined("sidecar", "foo", {"app": "foo"}))


def test_a_workload_without_pods_serves_the_ports_that_its_template_names() -> None:
    containers = [{"name": "app", "ports": [{"name": "web", "containerPort": 9999}]}]
    late = deployment("foo/late", spec={"containers": containers})
    named = service("foo/late", {"name": "http", "port": 80, "targetPort": "web"})
    mesh = Mesh([*base(foo={"istio-injection": "enabled"}), late, named])
    assert "inbound|9999||" in mesh.clusters("deploy/late.foo")


def test_a_machine_serves_what_its_workload_entry_is_selected_for() -> None:
    vm = istio("WorkloadEntry", "bar/vm", {"address": "10.9.9.9", "labels": {"app": "bar"}})
    mesh = Mesh([*base(), vm])
    assert "inbound|8080||" in mesh.clusters(Proxy("vm", "bar", addresses=("10.9.9.9",)))


def test_a_pod_that_only_a_slice_knows_serves_the_ports_of_the_slice() -> None:
    alone = pod("foo/alone-1", "10.0.0.9")
    held = service("foo/hand", spec={"selector": None})
    made = obj(
        "EndpointSlice", "foo/hand-1", api="discovery.k8s.io/v1", labels={"kubernetes.io/service-name": "hand"},
        addressType="IPv4", ports=[{"name": "http", "port": 7777}], endpoints=[{"addresses": ["10.0.0.9"]}],
    )  # fmt: skip
    assert "inbound|7777||" in Mesh([*base(), alone, held, made]).clusters("alone-1.foo")


def test_inbound_traffic_may_go_to_localhost() -> None:
    mesh = Mesh([*base(), mesh_config({"inboundTrafficPolicy": {"mode": "LOCALHOST"}})])
    assert mesh.types("foo-1.foo")["inbound|8080||"] == "STATIC"
    assert mesh.rows("foo-1.foo", "inbound|8080||") == ["127.0.0.1:8080 HEALTHY"]


def test_a_pod_that_intercepts_nothing_has_no_inbound_clusters() -> None:
    own = pod("foo/foo-2", "10.0.0.2", meta={"annotations": {"sidecar.istio.io/interceptionMode": "NONE"}})
    assert not any(name[:2] == "in" for name in Mesh([*base(), own]).clusters("foo-2.foo"))


def test_what_happens_to_the_unknown_may_add_a_cluster() -> None:
    mesh = Mesh([*base(), mesh_config({"outboundTrafficPolicy": {"mode": "ALLOW_ANY_DYNAMIC_DNS"}})])
    assert "AllowAnyDynamicDNSCluster" in mesh.types("foo-1.foo")
    assert "AllowAnyDynamicDNSCluster" not in mesh.types(imagined("router", "foo", {}))


def test_labels_of_the_environment_count_for_selectors() -> None:
    env = [{"name": "ISTIO_METAJSON_LABELS", "value": '{"tier": "gold"}'}]
    spec = {"containers": [{"name": "istio-proxy", "args": ["proxy", "sidecar"], "env": env}, {"name": "app"}]}
    status = {"phase": "Running", "podIP": "10.0.0.3"}
    own = obj("Pod", "foo/gold-1", spec, labels={"app": "gold"}, status=status)
    gold = {"workloadSelector": {"labels": {"tier": "gold"}}, "egress": [{"hosts": ["bar/*"]}]}
    assert Mesh([*base(), own, istio("Sidecar", "foo/gold", gold)]).clusters("gold-1.foo") == {CL_BAR}


LUA = obj("EnvoyFilter", "foo/lua", {"configPatches": []}, api="networking.istio.io/v1alpha3")


def notes(mesh: Mesh, who: str | Proxy = "foo-1.foo") -> str:
    """Give the notes of a view as one text."""
    proxy = mesh.proxy(who) if isinstance(who, str) else who
    istiod = mesh.simulation.istiod_of(proxy)
    return "\n".join(not_modelled(istiod, istiod.view(proxy)))


def test_a_plain_view_leaves_nothing_out() -> None:
    assert notes(Mesh(base())) == ""


@pytest.mark.parametrize(
    ("extra", "note"),
    [
        (
            [obj("EnvoyFilter", "foo/lua", {"configPatches": []}, api="networking.istio.io/v1alpha3")],
            "EnvoyFilter foo/lua",
        ),
        ([select({"matchExpressions": [{"key": "a", "operator": "Is"}]})], "selector is invalid"),
        ([select(ENV_TEST)], "root namespace 'istio-system' is not selected"),
        ([mesh_config({"proxyListenPort": "many"})], "discards the mesh configuration"),
        ([obj("HTTPRoute", "foo/r", {}, api="gateway.networking.k8s.io/v1")], "Gateway API routes"),
        ([service("bar/shy", annotations={"networking.istio.io/exportTo": "*,~"})], "depend on the order of events"),
    ],
)
def test_a_view_says_what_it_cannot_know(extra: list[Object], note: str) -> None:
    assert note in notes(Mesh([*base(), *extra]))


def test_a_host_in_two_namespaces_is_told() -> None:
    ports = [{"number": 443, "name": "tls", "protocol": "TLS"}]
    spec = {"hosts": ["x.ext"], "ports": ports, "resolution": "DNS"}
    entries = [istio("ServiceEntry", f"{where}/x", spec) for where in ("bar", "foo")]
    mesh = Mesh([*base(), *entries])
    assert "exists in several namespaces without creation times" in notes(mesh)
    assert "unresolved" in notes(mesh)
    assert "ambiguous" in notes(mesh, imagined("router", "foo", {}))


@pytest.mark.parametrize(("other", "told"), [("2025-01-01T00:00:00Z", True), ("2025-01-01T00:00:01Z", False)])
def test_entries_of_one_host_and_age_that_do_not_fit_together_are_told(other: str, told: bool) -> None:
    spec = {"hosts": ["x.ext"], "ports": [{"number": 443, "name": "tls", "protocol": "TLS"}], "resolution": "DNS"}
    more = {"hosts": ["x.ext"], "ports": [{"number": 80, "name": "http", "protocol": "HTTP"}], "resolution": "NONE"}
    entries = [
        istio("ServiceEntry", "bar/one", spec, created="2025-01-01T00:00:00Z"),
        istio("ServiceEntry", "bar/two", more, created=other),
    ]
    assert ("either of bar/one and bar/two may be the one" in notes(Mesh([*base(), *entries]))) is told


def test_waypoints_are_told() -> None:
    mesh = Mesh([*base(), pod("foo/way-1", "10.0.0.4", proxy="waypoint")])
    assert "waypoint" in notes(mesh, "way-1.foo")


def test_bootstrap_clusters_follow_the_proxy_configuration() -> None:
    plain = {cluster.name: rows for cluster, rows in bootstrap(read_settings({}, None))}
    assert plain["prometheus_stats"] == (("127.0.0.1", 15000, "HEALTHY"),)
    config = {"proxyAdminPort": 16000, "tracing": {"zipkin": {"address": "zipkin.obs:9411"}}}
    held = {cluster.name: rows for cluster, rows in bootstrap(read_settings({"defaultConfig": config}, None))}
    assert held["prometheus_stats"][0][1] == 16000
    assert held["zipkin"] == (("zipkin.obs", 9411, "HEALTHY"),)


def test_every_namespace_is_listed_with_what_selects_it() -> None:
    mesh = Mesh([*base(foo={"env": "test", "istio-injection": "enabled"}), service("stray/x"), select(ENV_TEST)])
    states = {state.name: state for state in namespace_states(mesh.simulation.istiod(mesh.simulation.planes.of("")))}
    assert (states["foo"].selected, states["foo"].selectors, states["foo"].injected) == (True, (0,), True)
    assert (states["stray"].declared, states["stray"].selected) == (False, False)
    assert states["istio-system"].root
    assert not takes_part({"istio-injection": "disabled", "istio.io/rev": "x"})


def test_references_are_followed_through_routes_rules_sidecars_and_backends() -> None:
    delegate = {"delegate": {"name": "x", "namespace": "far"}}
    backends = [{"backendRefs": [{"name": "bar", "namespace": "bar", "port": 80}], "filters": [
        {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "foo"}}},
    ]}]  # fmt: skip
    mesh = Mesh([
        *base(), istio("VirtualService", "foo/v", {"hosts": [FOO], "http": [delegate]}),
        istio("DestinationRule", "foo/d", {"host": BAR}),
        istio("Sidecar", "foo/s", {"egress": [{"hosts": ["./*", "bar/*", f"bar/{BAR}", "~x/*", "*/*"]}]}),
        obj("HTTPRoute", "foo/h", {"rules": backends}, api="gateway.networking.k8s.io/v1"),
    ])  # fmt: skip
    found = {(item.source.kind, item.namespace, item.host) for item in references(mesh.snapshot)}
    assert found == {
        ("VirtualService", "far", ""), ("DestinationRule", "bar", BAR), ("Sidecar", "bar", ""), ("Sidecar", "bar", BAR),
        ("HTTPRoute", "bar", BAR), ("HTTPRoute", "foo", FOO),
    }  # fmt: skip
