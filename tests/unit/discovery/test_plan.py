from typing import Any

from getmesh.discovery.plan import make_plan, sidecar_proposals
from getmesh.discovery.proposal import apply
from getmesh.discovery.simulation import Simulation
from getmesh.model.objects import Object
from tests.unit.discovery.meshes import FOO, Mesh, base, istio, mesh_config, namespace, obj, pod, service


def spare(name: str = "spare") -> list[Object]:
    """Give a namespace with a Service that nothing leads to."""
    return [namespace(name), service(f"{name}/{name}"), pod(f"{name}/{name}-1", "10.3.3.3", proxy="")]


def route(to: str) -> Object:
    """Make a route of foo."""
    return istio("VirtualService", "foo/foo", {"hosts": [FOO], "http": [{"route": [{"destination": {"host": to}}]}]})


def test_members_and_the_root_are_needed_and_bystanders_are_not() -> None:
    plan = make_plan(Mesh([*base(), *spare()]).simulation)
    assert set(plan.needed) == {"foo", "bar", "istio-system"}
    assert plan.left_out == ("spare",)
    assert "root namespace" in plan.needed["istio-system"]


def test_what_a_route_leads_to_is_needed_also_in_steps() -> None:
    onward = istio("DestinationRule", "spare/spare", {"host": "far.far.svc.cluster.local"})
    mesh = Mesh([*base(), *spare(), *spare("far"), route("spare.spare.svc.cluster.local"), onward])
    plan = make_plan(mesh.simulation)
    assert {"spare", "far"} <= set(plan.needed)
    assert "VirtualService foo/foo leads there" in plan.needed["spare"]


def test_gateways_exports_and_wishes_are_needed() -> None:
    edge = pod("edge/edge-1", "10.5.5.5", proxy="router")
    exported = service("shared/lib", annotations={"networking.istio.io/exportTo": "foo"})
    objects = [*base(), namespace("edge"), edge, namespace("shared"), exported, *spare("kept")]
    plan = make_plan(Mesh(objects).simulation, keep=["kept"])
    assert plan.needed["edge"] == ("a gateway runs there",)
    assert plan.needed["shared"] == ("it exports Service lib",)
    assert plan.needed["kept"] == ("kept as asked",)


def test_a_provider_of_the_mesh_is_needed() -> None:
    provider = {"name": "x", "zipkin": {"service": "spare.spare.svc.cluster.local", "port": 9411}}
    plan = make_plan(Mesh([*base(), *spare(), mesh_config({"extensionProviders": [provider]})]).simulation)
    assert "spare" in plan.needed


def test_a_label_that_only_the_needed_ones_have_is_used_as_it_is() -> None:
    team = {"team": "mesh"}
    mesh = Mesh([*base(foo=team, bar=team, istio_system=team), *spare()])
    plan = make_plan(mesh.simulation)
    assert plan.label == ("team", "mesh")
    assert plan.to_label == ()


def test_otherwise_a_label_of_our_own_is_put_and_taken_away() -> None:
    own = {"istio-discovery": "enabled"}
    objects = [*base(foo=own), namespace("spare", **own), service("spare/spare")]
    plan = make_plan(Mesh(objects).simulation)
    assert plan.to_label == ("bar", "istio-system")
    assert plan.to_unlabel == ("spare",)


def test_the_plan_keeps_every_cluster_of_the_needed_namespaces() -> None:
    mesh = Mesh([*base(), *spare()])
    after = Mesh(apply(mesh.snapshot, make_plan(mesh.simulation).proposal).objects)
    after.simulation = Simulation(apply(mesh.snapshot, make_plan(mesh.simulation).proposal))
    gone = mesh.clusters("foo-1.foo") - after.clusters("foo-1.foo")
    assert gone == {"outbound|8000||spare.spare.svc.cluster.local"}


def test_sidecars_import_what_configuration_leads_to() -> None:
    mesh = Mesh([*base(), *spare(), route("spare.spare.svc.cluster.local")])
    proposals = {
        item["metadata"]["namespace"]: item for item in sidecar_proposals(mesh.simulation, ["foo", "bar", "spare"])
    }
    assert set(proposals) == {"foo", "bar"}
    hosts: list[Any] = proposals["foo"]["spec"]["egress"][0]["hosts"]
    assert hosts == ["./*", "istio-system/*", "spare/spare.spare.svc.cluster.local"]


def test_no_sidecar_is_proposed_where_there_is_one() -> None:
    held = istio("Sidecar", "foo/default", {"egress": [{"hosts": ["./*"]}]})
    names = [
        item["metadata"]["namespace"] for item in sidecar_proposals(Mesh([*base(), held]).simulation, ["foo", "bar"])
    ]
    assert names == ["bar"]


def test_ambient_and_injected_namespaces_are_needed_before_anything_runs_there() -> None:
    spaces = [
        namespace("next", **{"istio.io/dataplane-mode": "ambient"}),
        namespace("soon", **{"istio.io/rev": "x"}),
        namespace("never", **{"istio-injection": "disabled"}),
    ]
    plan = make_plan(Mesh([*base(), *spaces]).simulation)
    assert {"next", "soon"} <= set(plan.needed)
    assert "never" in plan.left_out


def test_workloads_without_pods_are_proxies_if_injection_takes_them() -> None:
    template = {"metadata": {"labels": {"app": "late"}}, "spec": {"containers": [{"name": "app"}]}}
    spec = {"selector": {"matchLabels": {"app": "late"}}, "template": template}
    objects = [*base(foo={"istio-injection": "enabled"}), obj("Deployment", "foo/late", spec, api="apps/v1")]
    names = [proxy.id for proxy in Mesh(objects).simulation.proxies()]
    assert "late.foo" in names
    outside = [*base(), obj("Deployment", "foo/late", spec, api="apps/v1")]
    assert "late.foo" not in [proxy.id for proxy in Mesh(outside).simulation.proxies()]
