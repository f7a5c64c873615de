"""Listeners and routes of sidecars, by the names that istiod gives them."""

from collections.abc import Iterable
from typing import Any

import pytest

from getmesh.discovery.cost import Costs
from getmesh.discovery.listeners import Ground, OutboundListeners
from getmesh.discovery.tally import Tally
from getmesh.model.objects import Object
from tests.unit.discovery.meshes import BAR, FOO, Mesh, base, istio, mesh_config, namespace, obj, pod, service

FIRST = {"clusterIP": "10.0.0.1"}
SECOND = {"clusterIP": "10.0.0.2"}
HEADLESS = {"clusterIP": "None"}
TCP = {"name": "tcp", "port": 5432}
SNIFFED = {"name": "web", "port": 3000}
HTTP = {"name": "http", "port": 8000}


def outbound(*more: Object, who: str = "foo-1.foo", ground: Ground | None = None) -> dict[str, set[str]]:
    """Give the names of a proxy's outbound listeners, each with the routes that it fetches."""
    mesh = Mesh([*base(), *more])
    proxy = mesh.proxy(who)
    istiod = mesh.simulation.istiod_of(proxy)
    found = OutboundListeners(istiod.registry, ground or Ground(reserved=frozenset({15021, 15090})))
    for listener in istiod.view(proxy).scope.listeners:
        found.add(listener)
    return {
        f"{bind}_{port}": {chain.route for chain in held.chains if chain.route}
        for (bind, port), held in found.found.items()
        if (bind, port) != ("0.0.0.0", 8000)  # noqa: S104 - of the base
    }


def sent(objects: Iterable[Object], who: str = "foo-1.foo") -> Tally:
    """Give what a proxy is sent."""
    mesh = Mesh(objects)
    proxy = mesh.proxy(who)
    istiod = mesh.simulation.istiod_of(proxy)
    return Costs(istiod).of(istiod.view(proxy))


def entry(host: str, *ports: dict[str, Any], **more: Any) -> Object:
    """Make a ServiceEntry."""
    return istio("ServiceEntry", f"bar/{host}", {"hosts": [f"{host}.test"], "ports": list(ports), **more})


def sidecar(*egress: dict[str, Any], **more: Any) -> Object:
    """Make a Sidecar for foo."""
    return istio("Sidecar", "foo/default", {"egress": list(egress), **more})


def test_http_ports_share_a_listener_and_others_have_one_for_each_address() -> None:
    ports = (TCP, SNIFFED, HTTP)
    held = outbound(service("bar/a", *ports, spec=FIRST), service("bar/b", *ports, spec=SECOND))
    assert held == {
        "10.0.0.1_5432": set(),
        "10.0.0.1_3000": {"a.bar.svc.cluster.local:3000"},
        "10.0.0.2_5432": set(),
        "10.0.0.2_3000": {"b.bar.svc.cluster.local:3000"},
    }


def test_services_of_a_file_that_have_no_address_yet_will_have_one_each() -> None:
    assert len(outbound(service("bar/a", TCP), service("bar/b", TCP))) == 2


def test_a_service_that_only_a_route_implies_has_a_cluster_but_neither_listener_nor_route() -> None:
    route = istio("VirtualService", "foo/a", {"hosts": ["foo"], "http": [{"route": [{"destination": {"host": BAR}}]}]})
    own = sidecar({"hosts": ["./*"]})
    more = [service("bar/bar", {"name": "http", "port": 9999}, spec=FIRST), route, own]
    assert outbound(*more) == {}
    assert f"outbound|9999||{BAR}" in Mesh([*base(), *more]).clusters("foo-1.foo")


def test_each_pod_of_a_headless_service_has_a_listener_but_for_itself() -> None:
    pods = [pod("foo/db-0", "10.1.0.1"), pod("foo/db-1", "10.1.0.2")]
    objects = [*base(), service("foo/db", TCP, SNIFFED, spec=HEADLESS), *pods]
    alone = sent(base())
    others, own = sent(objects), sent(objects, "db-0.foo")
    assert others.listeners - alone.listeners == 4
    assert others.routes - alone.routes == 1
    assert own.listeners - alone.listeners == 2
    assert own.routes - alone.routes == 1
    assert 0 < own.rds == others.rds


def test_the_only_pod_of_a_headless_service_fetches_no_routes_for_itself() -> None:
    objects = [*base(), service("foo/db", SNIFFED, spec=HEADLESS), pod("foo/db-0", "10.1.0.1")]
    assert (sent(objects).routes, sent(objects, "db-0.foo").routes) == (2, 1)


def test_pods_of_a_headless_service_share_a_listener_where_istiod_is_told_so() -> None:
    more = [service("foo/db", TCP, spec=HEADLESS), pod("foo/db-0", "10.1.0.1"), pod("foo/db-1", "10.1.0.2")]
    assert outbound(*more, ground=Ground(pod_chains=True)) == {"0.0.0.0_5432": set()}


def test_headless_http_shares_the_listener_of_its_port() -> None:
    more = [service("foo/db", {"name": "http", "port": 81}, spec=HEADLESS), pod("foo/db-0", "10.1.0.1")]
    assert outbound(*more) == {"0.0.0.0_81": {"81"}}


def test_entries_without_address_share_a_listener_for_each_port() -> None:
    tls = {"number": 443, "name": "tls", "protocol": "TLS"}
    held = outbound(entry("a", tls, resolution="DNS"), entry("b", tls, resolution="DNS"))
    assert held == {"0.0.0.0_443": set()}


def test_an_address_that_istiod_gave_counts_for_proxies_that_answer_dns() -> None:
    given = {"status": {"addresses": [{"value": "240.240.0.1"}]}}
    spec = {"hosts": ["a.test"], "ports": [{"number": 90, "name": "t", "protocol": "TCP"}], "resolution": "DNS"}
    held = istio("ServiceEntry", "bar/a", spec, **given)
    assert outbound(held) == {"0.0.0.0_90": set()}
    assert outbound(held, ground=Ground(answers=True)) == {"240.240.0.1_90": set()}


def test_a_range_of_addresses_is_told_apart_within_a_listener() -> None:
    tcp = {"number": 90, "name": "t", "protocol": "TCP"}
    ranges = {"addresses": ["192.0.2.0/24", "198.51.100.7"], "resolution": "STATIC"}
    held = outbound(entry("a", tcp, endpoints=[{"address": "203.0.113.1"}], **ranges))
    assert held == {"0.0.0.0_90": set(), "198.51.100.7_90": set()}


@pytest.mark.parametrize(
    "more",
    [
        (service("bar/a", {"name": "u", "port": 53, "protocol": "UDP"}, spec=FIRST),),
        (obj("Service", "bar/a", {"type": "ExternalName", "externalName": BAR, "ports": [HTTP]}),),
        (service("bar/a", {"name": "http", "port": 15090}, spec=FIRST),),
    ],
)
def test_some_ports_have_no_listener(more: tuple[Object, ...]) -> None:
    assert outbound(*more) == {}


def test_http_and_tcp_on_one_port_and_every_address_are_found_out() -> None:
    http, tcp = {"number": 90, "name": "h", "protocol": "HTTP"}, {"number": 90, "name": "t", "protocol": "TCP"}
    assert outbound(entry("a", tcp, resolution="DNS"), entry("b", http, resolution="DNS")) == {"0.0.0.0_90": {"90"}}


def test_of_two_headless_services_with_one_pod_the_first_ones_routes_are_fetched() -> None:
    spec = {**HEADLESS, "selector": {"app": "db"}}
    more = [service(f"bar/{name}", SNIFFED, spec=spec) for name in ("a", "b")]
    assert outbound(*more, pod("bar/db-0", "10.1.0.1")) == {"10.1.0.1_3000": {"a.bar.svc.cluster.local:3000"}}


def test_a_protocol_where_the_server_speaks_first_keeps_others_away() -> None:
    http, mongo = {"number": 90, "name": "h", "protocol": "HTTP"}, {"number": 90, "name": "m", "protocol": "MONGO"}
    assert outbound(entry("a", mongo, resolution="DNS"), entry("b", http, resolution="DNS")) == {"0.0.0.0_90": set()}


def test_a_listener_of_a_sidecar_with_a_port_closes_that_port() -> None:
    more = [service("bar/a", HTTP, {"name": "http-b", "port": 81}), service("foo/own", {"name": "http", "port": 81})]
    chosen = {"port": {"number": 81, "name": "h", "protocol": "HTTP"}, "hosts": ["foo/*"]}
    assert outbound(*more, sidecar(chosen, {"hosts": ["*/*"]})) == {"0.0.0.0_81": {"81"}}
    assert outbound(*more, sidecar({**chosen, "hosts": ["foo/nothing.foo.svc.cluster.local"]})) == {}


@pytest.mark.parametrize(
    ("listener", "name", "route"),
    [
        ({"captureMode": "NONE"}, "127.0.0.1_81", "81"),
        ({"captureMode": "NONE", "bind": "127.0.0.2"}, "127.0.0.2_81", "81"),
        (
            {"bind": "unix:///tmp/x", "port": {"number": 0, "name": "h", "protocol": "HTTP"}},
            "unix:///tmp/x_0",
            "unix:///tmp/x",
        ),
        ({"port": {"number": 9443, "name": "p", "protocol": "HTTP_PROXY"}}, "0.0.0.0_9443", "9443"),
    ],
)
def test_a_listener_of_a_sidecar_may_be_bound_elsewhere(listener: dict[str, Any], name: str, route: str) -> None:
    port = {"number": 81, "name": "h", "protocol": "HTTP"}
    held = outbound(
        service("bar/a", {"name": "http", "port": 81}), sidecar({"port": port, "hosts": ["*/*"], **listener})
    )
    assert held[name] == {route}


def test_without_redirection_only_what_a_sidecar_declares_is_listened_for() -> None:
    objects = [*base(), mesh_config({"defaultConfig": {"interceptionMode": "NONE"}})]
    assert sent(objects).listeners == 1
    ingress = [{"port": {"number": 9080, "name": "h", "protocol": "HTTP"}, "defaultEndpoint": "127.0.0.1:8080"}]
    assert sent([*objects, sidecar({"hosts": ["*/*"]}, ingress=ingress)]).listeners == 2


def test_a_workload_as_an_http_proxy_has_one_more_listener_with_routes() -> None:
    before, after = sent(base()), sent([*base(), mesh_config({"proxyHttpPort": 15002})])
    assert (after.listeners - before.listeners, after.routes - before.routes) == (1, 1)


def test_listeners_of_the_workload_grow_with_its_ports_and_with_both_ways_of_speaking() -> None:
    spec = {"selector": {"app": "foo"}}
    two = sent([*base(), service("foo/two", HTTP, {"name": "http-b", "port": 8001}, spec=spec)])
    assert two.lds > sent(base()).lds + 4000
    strict = obj(
        "PeerAuthentication", "foo/default", {"mtls": {"mode": "STRICT"}}, api="security.istio.io/v1"
    )  # fmt: skip
    assert sent([*base(), strict]).lds < sent(base()).lds - 4000


def test_without_metrics_listeners_are_smaller() -> None:
    plain, counted = (
        sent([*base(), mesh_config({"defaultProviders": {"metrics": held}})]) for held in ([], ["prometheus"])
    )
    assert plain.lds < counted.lds
    assert plain[:8] != counted[:8]
    assert (plain.cds, plain.rds) == (counted.cds, counted.rds)


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ({"accessLogFile": "/dev/stdout"}, 660),
        ({"accessLogFile": "/dev/stdout", "accessLogEncoding": "JSON"}, 1180),
        ({"accessLogFile": "/dev/stdout", "accessLogFormat": "x" * 1000}, 1120),
    ],
)
def test_access_logs_are_said_in_every_filter_chain(settings: dict[str, Any], least: int) -> None:
    def of_a_port(held: dict[str, Any]) -> int:
        more = service("bar/a", TCP, spec=FIRST)
        return sent([*base(), mesh_config(held), more]).lds - sent([*base(), mesh_config(held)]).lds

    assert least < of_a_port(settings) - of_a_port({}) < least + 20


def test_routes_grow_with_names_and_with_what_a_virtual_service_says() -> None:
    route = {"match": [{"uri": {"prefix": "/x"}}, {"uri": {"exact": "/y"}}], "route": [{"destination": {"host": FOO}}]}
    rest = {"route": [{"destination": {"host": BAR}, "weight": 90}, {"destination": {"host": FOO}, "weight": 10}]}
    held = istio("VirtualService", "foo/foo", {"hosts": ["foo"], "http": [route, rest]})
    more = sent([*base(), held])
    assert 600 < more.rds - sent(base()).rds < 1100
    assert more.routes == sent(base()).routes


def test_other_names_of_a_service_are_names_of_its_routes() -> None:
    alias = obj("Service", "bar/b", {"type": "ExternalName", "externalName": BAR, "ports": [HTTP]})
    names = ("b.bar.svc.cluster.local", "b.bar.svc.cluster.local.", "b.bar", "b.bar.svc")
    assert sent([*base(), alias]).rds - sent(base()).rds == sum(len(name) + 2 for name in names)


def test_a_route_that_takes_everything_hides_those_after_it() -> None:
    every = {"match": [{"uri": {"prefix": "/"}}], "route": [{"destination": {"host": FOO}}]}
    one, three = (
        sent([*base(), istio("VirtualService", "foo/foo", {"hosts": ["foo"], "http": [every] * number})])
        for number in (1, 3)
    )
    assert one.rds == three.rds


def test_endpoints_are_counted_with_all_that_is_said_of_them() -> None:
    few, many = (
        sent([*base(), *(pod(f"bar/bar-{number}", f"10.2.0.{number}") for number in range(2, 2 + count))])
        for count in (1, 11)
    )
    assert 10 * 130 < many.eds - few.eds < 10 * 170


def test_every_namespace_pays_for_the_names_by_which_it_calls_a_service() -> None:
    far = sent([*base(), namespace("far"), pod("far/far-1", "10.3.0.1")], "far-1.far")
    assert far.rds < sent(base()).rds
