from typing import Any

from getmesh.discovery.simulation import imagined
from getmesh.model.objects import Object
from tests.unit.discovery.meshes import BAR, CL_BAR, CL_FOO, FOO, Mesh, base, istio, obj, pod, service

LABELS = {"istio": "edge"}
SNI = f"outbound_.8000_._.{BAR}"
PORTS = ({"name": "http", "port": 80, "targetPort": 8080},)


def gateway(*servers: Any, place: str = "foo/edge") -> Object:
    """Make a Gateway for the edge proxies."""
    return istio("Gateway", place, {"selector": LABELS, "servers": list(servers)})


def server(number: int, protocol: str, mode: str = "", host: str = "*") -> dict[str, Any]:
    """Make a server."""
    port = {"number": number, "name": f"{protocol.lower()}-{number}", "protocol": protocol}
    return {"port": port, "hosts": [host], **({"tls": {"mode": mode}} if mode else {})}


def istiod(**env: str) -> Object:
    """Make an istiod with an environment."""
    container = {"name": "discovery", "env": [{"name": key, "value": value} for key, value in env.items()]}
    spec = {"template": {"spec": {"containers": [container]}}}
    return obj("Deployment", "istio-system/istiod", spec, api="apps/v1", labels={"app": "istiod"})


ROUTER = imagined("router", "foo", LABELS)


def test_a_router_gets_all_services_and_a_black_hole() -> None:
    mesh = Mesh(base())
    assert set(mesh.types(ROUTER)) == {CL_FOO, CL_BAR, "BlackHoleCluster"}


def test_automatic_passthrough_adds_clusters_with_injected_endpoints_only() -> None:
    plain = pod("bar/bar-2", "10.244.0.11", proxy="")
    mesh = Mesh([*base(), plain, gateway(server(15443, "TLS", "AUTO_PASSTHROUGH", "*.local"))])
    assert SNI in mesh.clusters(ROUTER)
    assert mesh.rows(ROUTER, SNI) == ["10.244.0.10:8080 HEALTHY"]
    assert len(mesh.rows(ROUTER, CL_BAR)) == 2


def test_a_namespace_without_mutual_tls_has_no_passthrough_rows() -> None:
    off = obj("PeerAuthentication", "bar/default", {"mtls": {"mode": "DISABLE"}}, api="security.istio.io/v1")
    mesh = Mesh([*base(), off, gateway(server(15443, "TLS", "AUTO_PASSTHROUGH", "*.local"))])
    assert mesh.rows(ROUTER, SNI) == []


def test_a_duplicate_host_on_one_port_drops_the_later_server() -> None:
    servers = [server(443, "TLS", "PASSTHROUGH"), server(443, "TLS", "AUTO_PASSTHROUGH")]
    assert SNI not in Mesh([*base(), gateway(*servers)]).clusters(ROUTER)


def test_the_gateway_filter_keeps_what_routes_lead_to() -> None:
    route = istio(
        "VirtualService", "foo/web", {"hosts": ["x.example"], "gateways": ["edge"], "http": [
            {"route": [{"destination": {"host": BAR}}]},
        ]},
    )  # fmt: skip
    objects = [*base(), gateway(server(80, "HTTP")), route]
    assert {CL_FOO, CL_BAR} <= Mesh(objects).clusters(ROUTER)
    filtered = Mesh([*objects, istiod(PILOT_FILTER_GATEWAY_CLUSTER_CONFIG="true")])
    assert filtered.clusters(ROUTER) == {CL_BAR}
    assert {CL_FOO, CL_BAR} <= filtered.clusters("foo-1.foo")


def test_the_filter_keeps_what_mesh_configuration_needs() -> None:
    operator = obj(
        "IstioOperator", "istio-system/mesh", {"meshConfig": {"extensionProviders": [
            {"name": "authz", "envoyExtAuthzGrpc": {"service": f"foo/{FOO}", "port": 8000}},
        ]}}, api="install.istio.io/v1alpha1",
    )  # fmt: skip
    mesh = Mesh([*base(), operator, istiod(PILOT_FILTER_GATEWAY_CLUSTER_CONFIG="1")])
    assert mesh.clusters(ROUTER) == {CL_FOO}


def test_a_hidden_gateway_service_no_longer_translates_ports() -> None:
    objects = [
        *base(),
        service("foo/edge", *PORTS, spec={"selector": LABELS}),
        pod("foo/edge-1", "10.0.0.1", labels=LABELS, proxy="router"),
    ]
    mesh = Mesh([*objects, gateway(server(80, "HTTP"), place="bar/edge")])
    served = mesh.simulation.view(mesh.proxy("edge-1.foo")).served
    assert served is not None
    assert [bound.port for bound in served.servers] == [8080]
    config = {"discoverySelectors": [{"matchLabels": {"kubernetes.io/metadata.name": "bar"}}]}
    hidden = Mesh([*mesh.snapshot.objects], mesh_config=config)
    served = hidden.simulation.view(hidden.proxy("edge-1.foo")).served
    assert served is not None
    assert [bound.port for bound in served.servers] == [80]


def test_a_template_with_nothing_but_the_proxy_is_a_gateway() -> None:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "istio-proxy", "image": "auto"}]}}
    spec = {"selector": {"matchLabels": LABELS}, "template": template}
    mesh = Mesh([*base(), obj("Deployment", "foo/edge", spec, api="apps/v1")])
    assert mesh.proxy("deploy/edge.foo").type == "router"


def test_ambient_workloads_are_reached_through_a_tunnel_when_ambient_is_on() -> None:
    captured = pod(
        "bar/bar-2", "10.244.0.11", proxy="", meta={"annotations": {"ambient.istio.io/redirection": "enabled"}}
    )
    objects = [*base(), captured]
    assert Mesh(objects).rows("foo-1.foo", CL_BAR) == ["10.244.0.10:8080 HEALTHY", "10.244.0.11:8080 HEALTHY"]
    mesh = Mesh([*objects, istiod(PILOT_ENABLE_AMBIENT="true")])
    tunnel = "envoy://connect_originate/10.244.0.11:8080:0 HEALTHY"
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.244.0.10:8080 HEALTHY", tunnel]
    assert mesh.types("foo-1.foo")["connect_originate"] == "ORIGINAL_DST"
