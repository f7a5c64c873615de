"""Listeners and routes of routers: how servers share ports, and which of them have nothing to listen for."""

from typing import Any

import pytest

from getmesh.discovery.cost import Costs
from getmesh.discovery.serverlisteners import ServerListeners
from getmesh.model.objects import Object
from tests.unit.discovery.meshes import BAR, Mesh, base, istio, namespace, pod, service

EDGE = "gates/edge"
LEG = {"destination": {"host": BAR, "port": {"number": 8000}}}
TLS = {"mode": "SIMPLE", "credentialName": "cert"}


def server(number: int, protocol: str, *hosts: str, name: str = "", **more: Any) -> dict[str, Any]:
    """Make a server of a Gateway."""
    return {
        "port": {"number": number, "name": name or f"p{number}", "protocol": protocol},
        "hosts": list(hosts),
        **more,
    }


def gateway(*servers: dict[str, Any], name: str = EDGE) -> Object:
    """Make a Gateway that the router of these tests serves."""
    return istio("Gateway", name, {"selector": {"app": "edge"}, "servers": list(servers)})


def route(name: str = "bar/r", *, host: str = "bar.test", gateways: str = EDGE, **spec: Any) -> Object:
    """Make a VirtualService of a Gateway."""
    return istio("VirtualService", name, {"hosts": [host], "gateways": [gateways], **spec})


def held(*more: Object, env: dict[str, str] | None = None) -> tuple[set[str], set[str]]:
    """Give the names of listeners and routes of the router, which are as many as its costs say."""
    router = pod("gates/edge-1", "10.9.0.1", proxy="router")
    if env:
        container = router.raw["spec"]["containers"][-1]
        container["env"] = [{"name": key, "value": value} for key, value in env.items()]
    mesh = Mesh([*base(), namespace("gates"), router, *more])
    proxy = mesh.proxy("edge-1.gates")
    istiod = mesh.simulation.istiod_of(proxy)
    view = istiod.view(proxy)
    assert view.served is not None
    found = ServerListeners(view.served, istiod.routes, view.scope, view.site.labels, unprivileged=bool(env))
    tally = Costs(istiod).of(view)
    assert (tally.listeners, tally.routes) == (len(found.found), len(found.routes))
    assert all(tally[6:8]) or not found.found
    return {f"{bind}_{port}" for bind, port in found.found}, set(found.routes)


def test_a_router_without_gateways_has_neither() -> None:
    assert held() == (set(), set())


def test_http_servers_of_a_port_share_listener_and_routes() -> None:
    more = [
        gateway(server(80, "HTTP", "a.test"), server(81, "HTTP", "c.test")),
        gateway(server(80, "HTTP2", "b.test"), name="gates/more"),
    ]
    assert held(*more) == ({"0.0.0.0_80", "0.0.0.0_81"}, {"http.80", "http.81"})


def test_a_port_is_where_the_service_of_the_router_leads_to() -> None:
    ports = {"name": "http", "port": 80, "targetPort": 8080}
    assert held(service("gates/edge", ports), gateway(server(80, "HTTP", "*"))) == ({"0.0.0.0_8080"}, {"http.8080"})


def test_servers_that_end_tls_share_a_listener_but_no_routes() -> None:
    more = gateway(server(443, "HTTPS", "a.test", name="a", tls=TLS), server(443, "HTTPS", "b.test", name="b", tls=TLS))
    assert held(more) == ({"0.0.0.0_443"}, {"https.443.a.edge.gates", "https.443.b.edge.gates"})


def test_of_two_servers_with_tls_for_one_host_the_first_counts() -> None:
    more = gateway(server(443, "HTTPS", "a.test", name="a", tls=TLS), server(443, "HTTPS", "a.test", name="b", tls=TLS))
    assert held(more) == ({"0.0.0.0_443"}, {"https.443.a.edge.gates"})


@pytest.mark.parametrize(
    ("one", "spec", "listeners"),
    [
        (server(8443, "TLS", "*", tls={"mode": "PASSTHROUGH"}), {}, set()),
        (server(8443, "TLS", "*", tls={"mode": "PASSTHROUGH"}), {"http": [{"route": [LEG]}]}, set()),
        (
            server(8443, "TLS", "*", tls={"mode": "PASSTHROUGH"}),
            {"tls": [{"match": [{"port": 8443, "sniHosts": ["bar.test"]}], "route": [LEG]}]},
            {"0.0.0.0_8443"},
        ),
        (
            server(8443, "TLS", "*", tls={"mode": "PASSTHROUGH"}),
            {"tls": [{"match": [{"port": 443, "sniHosts": ["bar.test"]}], "route": [LEG]}]},
            set(),
        ),
        (server(9000, "TCP", "*"), {}, set()),
        (server(9000, "TCP", "*"), {"tcp": [{"route": [LEG]}]}, {"0.0.0.0_9000"}),
        (server(9000, "TCP", "*"), {"tcp": [{"match": [{"port": 9001}], "route": [LEG]}]}, set()),
        (server(9000, "TCP", "other.test"), {"tcp": [{"route": [LEG]}]}, set()),
        (server(9000, "TCP", "elsewhere/*"), {"tcp": [{"route": [LEG]}]}, set()),
        (server(9000, "TCP", "bar/*"), {"tcp": [{"route": [LEG]}]}, {"0.0.0.0_9000"}),
        (server(9000, "TLS", "*", tls=TLS), {"tcp": [{"route": [LEG]}]}, {"0.0.0.0_9000"}),
        (server(15443, "TLS", "*.local", tls={"mode": "AUTO_PASSTHROUGH"}), {}, {"0.0.0.0_15443"}),
        (server(15443, "TLS", "*.global", tls={"mode": "AUTO_PASSTHROUGH"}), {}, set()),
    ],
)
def test_connections_are_listened_for_only_if_a_route_leads_on(
    one: dict[str, Any], spec: dict[str, Any], listeners: set[str]
) -> None:
    assert held(gateway(one), route(**spec)) == (listeners, set())


def test_a_route_that_the_router_does_not_see_leads_nowhere() -> None:
    hidden = route(tcp=[{"route": [LEG]}], exportTo=["."])
    assert held(gateway(server(9000, "TCP", "*")), hidden) == (set(), set())


def test_a_protocol_that_does_not_fit_the_first_one_of_a_port_is_left_out() -> None:
    more = [gateway(server(80, "HTTP", "*"), server(80, "TCP", "*", name="t")), route(tcp=[{"route": [LEG]}])]
    assert held(*more) == ({"0.0.0.0_80"}, {"http.80"})
    more = [gateway(server(80, "TCP", "*", name="t"), server(80, "HTTP", "*")), route(tcp=[{"route": [LEG]}])]
    assert held(*more) == ({"0.0.0.0_80"}, set())


def test_servers_at_different_addresses_do_not_meet() -> None:
    more = gateway(server(80, "HTTP", "*", bind="10.0.0.1"), server(80, "HTTP", "*", name="b", bind="10.0.0.2"))
    assert held(more) == ({"10.0.0.1_80", "10.0.0.2_80"}, {"http.80.10.0.0.1", "http.80.10.0.0.2"})


def test_an_unprivileged_router_has_no_low_ports() -> None:
    env = {"ISTIO_META_UNPRIVILEGED_POD": "true"}
    assert held(gateway(server(80, "HTTP", "*"), server(8080, "HTTP", "*")), env=env) == (
        {"0.0.0.0_8080"},
        {"http.8080"},
    )


def test_hosts_with_the_same_routes_share_them() -> None:
    spec = {"http": [{"route": [LEG]}]}

    def bytes_of(*hosts: str) -> int:
        router = pod("gates/edge-1", "10.9.0.1", proxy="router")
        virtual = istio("VirtualService", "bar/r", {"hosts": list(hosts), "gateways": [EDGE], **spec})
        mesh = Mesh([*base(), namespace("gates"), router, gateway(server(80, "HTTP", "*")), virtual])
        istiod = mesh.simulation.istiod_of(mesh.proxy("edge-1.gates"))
        return Costs(istiod).of(istiod.view(mesh.proxy("edge-1.gates"))).rds

    assert bytes_of("a.test", "b.test") - bytes_of("a.test") == len("b.test") + 2
    assert bytes_of("a.test") > 300
