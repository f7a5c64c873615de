"""Ways into other networks: what announces them, and what only a running istiod knows of them."""

from collections.abc import Iterable
from typing import Any

import pytest

from getmesh.discovery.flags import UNMODELLED
from getmesh.discovery.notes import not_modelled
from getmesh.model.objects import Object
from tests.unit.discovery.meshes import CL_BAR, Mesh, base, namespace, obj, pod, service

WEST = {"topology.istio.io/network": "west"}
NEAR = "10.244.0.10:8080 HEALTHY"
DIRECT = "10.9.0.9:8080 HEALTHY"


def across(here: Iterable[Object] = (), there: Iterable[Object] = (), **given: Any) -> Mesh:
    """Give a mesh of two clusters, the second one on network west and with a pod of bar."""
    remote = Mesh(
        [namespace("istio-system", **WEST), namespace("bar"), service("bar/bar"), pod("bar/bar-9", "10.9.0.9"), *there]
    ).snapshot
    return Mesh([*base(), *here], {"west-cluster": remote}, **given)


def rows(mesh: Mesh) -> list[str]:
    """Give what foo's proxy has of bar."""
    return mesh.rows("foo-1.foo", CL_BAR)


def notes(mesh: Mesh) -> str:
    """Give what foo's proxy is told not to be modelled."""
    proxy = mesh.proxy("foo-1.foo")
    istiod = mesh.simulation.istiod_of(proxy)
    return "\n".join(not_modelled(istiod, istiod.view(proxy)))


def gateway_service(*ports: int, labels: dict[str, str] | None = None, **ingress: str) -> Object:
    """Make a Service that announces itself as the way into network west."""
    spec: dict[str, Any] = {"type": "LoadBalancer", "ports": [{"name": f"p{port}", "port": port} for port in ports]}
    status = {"loadBalancer": {"ingress": [ingress]}}
    return obj("Service", "istio-system/east", spec, labels={**WEST, **(labels or {})}, status=status)


def gateway(listener: dict[str, Any], *addresses: dict[str, str], **more: Any) -> Object:
    """Make a Gateway of the Gateway API that stands for network west."""
    spec = {"gatewayClassName": "istio", "addresses": list(addresses), "listeners": [listener], **more}
    return obj("Gateway", "istio-system/west", spec, api="gateway.networking.k8s.io/v1", labels=WEST)


PASSING = {"name": "tls", "port": 15443, "protocol": "TLS", "tls": {"mode": "Passthrough"}}
ADDRESS = {"type": "IPAddress", "value": "5.5.5.5"}


@pytest.mark.parametrize(
    ("ports", "labels", "there"),
    [
        ((15443,), {}, "5.5.5.5:15443 HEALTHY"),
        ((16000,), {"networking.istio.io/gatewayPort": "16000"}, "5.5.5.5:16000 HEALTHY"),
        ((15008,), {}, DIRECT),
        ((80,), {}, DIRECT),
    ],
)
def test_a_labelled_service_is_a_way_in_only_by_a_port_that_it_has(
    ports: tuple[int, ...], labels: dict[str, str], there: str
) -> None:
    assert rows(across(there=[gateway_service(*ports, labels=labels, ip="5.5.5.5")])) == [NEAR, there]


def test_a_gateway_of_the_gateway_api_is_a_way_in_by_its_passing_listener() -> None:
    assert rows(across(there=[gateway(PASSING, ADDRESS)])) == [NEAR, "5.5.5.5:15443 HEALTHY"]
    named = {**PASSING, "port": 443, "tls": {"options": {"gateway.istio.io/listener-protocol": "auto-passthrough"}}}
    assert rows(across(there=[gateway(named, ADDRESS)])) == [NEAR, "5.5.5.5:443 HEALTHY"]


@pytest.mark.parametrize(
    "listener",
    [{**PASSING, "port": 443}, {"name": "http", "port": 15443, "protocol": "HTTP"}, {**PASSING, "tls": None}],
)
def test_other_listeners_of_it_are_none(listener: dict[str, Any]) -> None:
    assert rows(across(there=[gateway(listener, ADDRESS)])) == [NEAR, DIRECT]


def test_an_address_without_a_type_is_none() -> None:
    assert rows(across(there=[gateway(PASSING, {"value": "5.5.5.5"})])) == [NEAR, DIRECT]


def test_gateways_of_other_places_are_declared_beside_the_configuration_alone() -> None:
    declared = gateway(PASSING, ADDRESS, gatewayClassName="istio-remote")
    assert rows(across(here=[declared])) == [NEAR, "5.5.5.5:15443 HEALTHY"]
    assert rows(across(there=[declared])) == [NEAR, DIRECT]


@pytest.mark.parametrize(
    ("mesh", "name"),
    [
        (
            across(there=[gateway_service(15443, hostname="lb.example.com")]),
            "Service istio-system/east (lb.example.com)",
        ),
        (
            across(there=[gateway(PASSING, {"type": "Hostname", "value": "west.example.com"})]),
            "Gateway istio-system/west (west.example.com)",
        ),
        (
            across(mesh_networks={"networks": {"west": {"gateways": [{"address": "lb.example.com", "port": 15443}]}}}),
            "network west (lb.example.com)",
        ),
    ],
)
def test_a_way_in_that_has_a_name_for_its_address_is_told(mesh: Mesh, name: str) -> None:
    assert f"known to a running istiod alone: {name}" in notes(mesh)


def test_nothing_is_told_of_ways_in_with_addresses() -> None:
    assert notes(across(there=[gateway(PASSING, ADDRESS)])) == ""


@pytest.mark.parametrize("name", sorted(UNMODELLED))
def test_what_a_variable_of_istiod_changes_unmodelled_is_told(name: str) -> None:
    def istiod(value: str) -> Object:
        containers = [{"name": "discovery", "env": [{"name": name, "value": value}]}]
        template = {"spec": {"containers": containers}}
        return obj("Deployment", "istio-system/istiod", {"template": template}, api="apps/v1", labels={"app": "istiod"})

    assert f"istiod runs with {name}" in notes(Mesh([*base(), istiod("true")]))
    assert notes(Mesh([*base(), istiod("false")])) == ""
