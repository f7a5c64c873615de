"""Who claims which Pods and namespaces, and which ports Services open to Deployments."""

from typing import Any

from getmesh.model.deploymentports import DeploymentPorts
from getmesh.model.objects import Object
from getmesh.model.sidecars import Sidecars
from getmesh.model.snapshot import Snapshot
from getmesh.model.telemetries import Telemetries

VERSIONS = {"Sidecar": "networking.istio.io/v1", "Telemetry": "telemetry.istio.io/v1", "Deployment": "apps/v1"}


def _object(kind: str, name: str, spec: Any = None, **meta: Any) -> Object:
    meta = {"name": name, "namespace": "shop"} | meta
    return Object({"apiVersion": VERSIONS.get(kind, "v1"), "kind": kind, "metadata": meta, "spec": spec or {}})


def _sidecar(name: str, labels: Any = None, **meta: Any) -> Object:
    return _object("Sidecar", name, {"workloadSelector": {"labels": labels}} if labels else {}, **meta)


def test_a_pod_lists_all_that_select_it_and_only_in_its_namespace() -> None:
    pod = _object("Pod", "p", labels={"a": "1", "b": "2"})
    claimants = [_sidecar("y", {"a": "1"}), _sidecar("x", {"b": "2"}), _sidecar("z", {"a": "1"}, namespace="bank")]
    (claim,) = Snapshot([pod, *claimants]).service(Sidecars).by_pod
    assert [claimant.name for claimant in claim.claimants] == ["x", "y"]


def test_ambient_pods_are_gathered_once_per_sidecar() -> None:
    redirected = {"ambient.istio.io/redirection": "enabled"}
    pods = [_object("Pod", name, labels={"a": "1"}, annotations=redirected) for name in ("p", "q")]
    sidecars = Snapshot([*pods, _sidecar("x", {"a": "1"}), _sidecar("y", {"a": "1"})]).service(Sidecars)
    assert sidecars.by_pod == []
    assert [(sidecar.name, len(held)) for sidecar, held in sidecars.on_ambient_pods] == [("x", 2), ("y", 2)]


def test_an_ambient_namespace_accuses_single_sidecars_and_never_pairs() -> None:
    namespace = _object("Namespace", "shop", labels={"istio.io/dataplane-mode": "ambient"})
    sidecars = Snapshot([namespace, _sidecar("x"), _sidecar("y")]).service(Sidecars)
    assert [sidecar.name for sidecar in sidecars.in_ambient] == ["x", "y"]
    assert sidecars.by_namespace == []


def test_an_empty_selector_of_a_telemetry_speaks_for_nothing() -> None:
    selectors: list[Any] = [{}, {"selector": None}, {"selector": {}}, {"selector": {"matchLabels": {}}}]
    objects = [_object("Telemetry", f"t{index}", spec) for index, spec in enumerate(selectors)]
    telemetries = Snapshot([*objects, _object("Pod", "p")]).service(Telemetries)
    assert [[obj.name for obj in held] for held in telemetries.by_namespace] == [["t0", "t1"]]
    assert telemetries.by_pod == []


def _ports(*services: Object, **meta: Any) -> list[tuple[int, str, str]]:
    spec = {"template": {"metadata": {"labels": {"app": "a", "sidecar.istio.io/inject": "true"}}}}
    found = Snapshot([_object("Deployment", "d", spec, **meta), *services]).service(DeploymentPorts).deployments
    return [(port.number, port.protocol, port.target) for _, ports in found for port in ports]


def test_absent_and_zero_target_ports_mean_the_port_itself() -> None:
    targets: list[dict[str, Any]] = [{}, {"targetPort": 0}, {"targetPort": "0"}, {"targetPort": ""}, {"targetPort": 80}]
    ports = [{"port": 80 + index, **target} for index, target in enumerate(targets)]
    service = _object("Service", "s", {"selector": {"app": "a"}, "ports": ports})
    assert [target for _, _, target in _ports(service)] == ["80", "81", "82", "83", "80"]


def test_only_services_with_a_matching_selector_expose() -> None:
    two = [{"port": 1}, {"port": 1}]
    nothing = _object("Service", "n", {"ports": two})
    other = _object("Service", "o", {"selector": {"app": "a", "v": "2"}, "ports": two})
    foreign = _object("Service", "f", {"selector": {"app": "a"}, "ports": two}, namespace="bank")
    assert _ports(nothing, other, foreign) == []


def test_ports_that_share_nothing_are_not_gathered() -> None:
    ports = [{"port": 80, "targetPort": "80"}, {"port": 81, "targetPort": 9}]
    assert _ports(_object("Service", "s", {"selector": {"app": "a"}, "ports": ports})) == []
    twice = [*ports, {"port": 82, "targetPort": 80}]
    assert len(_ports(_object("Service", "s", {"selector": {"app": "a"}, "ports": twice}))) == 3


def test_a_waypoint_is_left_out() -> None:
    service = _object("Service", "s", {"selector": {"app": "a"}, "ports": [{"port": 1}, {"port": 1}]})
    assert len(_ports(service)) == 2
    assert _ports(service, labels={"gateway.istio.io/managed": "istio.io-mesh-controller"}) == []
