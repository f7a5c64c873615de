"""Claims about the simulation for whatever objects people write."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from getmesh.discovery.difference import compare
from getmesh.discovery.notes import not_modelled
from getmesh.discovery.plan import make_plan, sidecar_proposals
from getmesh.discovery.simulation import Simulation, imagined
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot
from tests.unit.discovery.meshes import ENV_TEST, Mesh, base, istio, select

KINDS = {
    "Service": "v1", "Pod": "v1", "Namespace": "v1", "ConfigMap": "v1", "Node": "v1", "Endpoints": "v1",
    "Deployment": "apps/v1", "EndpointSlice": "discovery.k8s.io/v1", "VirtualService": "networking.istio.io/v1",
    "DestinationRule": "networking.istio.io/v1", "Sidecar": "networking.istio.io/v1",
    "ServiceEntry": "networking.istio.io/v1", "WorkloadEntry": "networking.istio.io/v1",
    "Gateway": "networking.istio.io/v1", "EnvoyFilter": "networking.istio.io/v1alpha3",
    "PeerAuthentication": "security.istio.io/v1", "IstioOperator": "install.istio.io/v1alpha1",
}  # fmt: skip
KEYS = (
    "ports", "port", "number", "name", "protocol", "targetPort", "selector", "hosts", "host", "http", "route",
    "destination", "subset", "subsets", "labels", "trafficPolicy", "loadBalancer", "simple", "egress", "ingress",
    "endpoints", "address", "addresses", "resolution", "exportTo", "workloadSelector", "matchLabels", "servers", "tls",
    "mode", "gateways", "meshConfig", "discoverySelectors", "matchExpressions", "template", "spec", "containers",
    "args", "status", "podIP", "podIPs", "conditions", "targetRef", "kind", "metadata", "nodeName", "delegate",
    "portLevelSettings", "localityLbSetting", "distribute", "from", "to", "outlierDetection", "minHealthPercent",
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 70000), st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from(("foo", "bar", "*", ".", "~", "*/*", "./*", "foo.foo.svc.cluster.local", "10.0.0.1", "http", "DNS",
                     "PASSTHROUGH", "istio-proxy", "proxy", "router", "Pod", "a/b/c", "")),
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=25,
)


@st.composite
def junk(draw: st.DrawFn) -> Object:
    """Give an object of some kind with anything in it."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    raw: dict[str, Any] = {
        "apiVersion": KINDS[kind],
        "kind": kind,
        "metadata": {
            "name": draw(st.sampled_from(("foo", "istio", "istiod", "x"))),
            "namespace": draw(st.sampled_from(("foo", "bar", "istio-system"))),
            "labels": draw(VALUES),
        },
    }
    for key in ("spec", "status", "data", "ports", "endpoints", "subsets"):
        if draw(st.booleans()):
            raw[key] = draw(VALUES)
    embedded = draw(VALUES) if kind == "ConfigMap" else None
    return Object(raw, embedded={"mesh": embedded} if kind == "ConfigMap" else {})


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(junk(), max_size=6))
def test_no_object_makes_the_simulation_fail(objects: list[Object]) -> None:
    simulation = Simulation(Snapshot([*base(), *objects]))
    for proxy in [*simulation.proxies(), imagined("router", "foo", {"app": "foo"}, "10.0.0.1")]:
        istiod = simulation.istiod_of(proxy)
        view = istiod.view(proxy)
        assert len({cluster.name for cluster in view.clusters}) == len(view.clusters)
        assert list(view.endpoints()) == list(view.endpoints())
        not_modelled(istiod, view)
    plan = make_plan(simulation)
    sidecar_proposals(simulation, plan.needed)
    compare(simulation, Simulation(simulation.snapshot), forced=False)


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(8)))
def test_the_order_of_objects_does_not_matter(order: list[int]) -> None:
    sidecar = istio("Sidecar", "foo/default", {"egress": [{"hosts": ["./*", "bar/*"]}]})
    objects = [*base(foo={"env": "test"}, bar={"env": "test"}), select(ENV_TEST)]
    objects[2] = sidecar
    mesh = Mesh(objects)
    shuffled = Mesh([objects[index] for index in order])
    assert mesh.clusters("foo-1.foo") == shuffled.clusters("foo-1.foo")
    assert mesh.rows("foo-1.foo") == shuffled.rows("foo-1.foo")


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(("foo", "bar", "istio-system"))))
def test_selecting_less_never_shows_more(chosen: set[str]) -> None:
    every = Mesh(base())
    labels = {name.replace("-", "_"): {"env": "test"} for name in chosen}
    some = Mesh([*base(**labels), select(ENV_TEST)])
    for who in ("foo-1.foo", "bar-1.bar"):
        assert some.clusters(who) <= every.clusters(who)
        assert set(some.rows(who)) <= set(every.rows(who))
