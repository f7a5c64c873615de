"""Which workloads there are, whose Pods they have, and which of them is a waypoint or a gateway."""

from typing import Any

import pytest

from getmesh.model.kiali_pods import KialiPod, account_of, names_proxy
from getmesh.model.kiali_workload import Workload, is_gateway, is_waypoint
from getmesh.model.kiali_workloads import KialiWaypoints, KialiWorkloads
from getmesh.model.objects import Object
from tests.fakes.manifests import manifest, world

SIDECAR = {"sidecar.istio.io/status": '{"containers":["istio-proxy"]}'}
REDIRECTED = {"ambient.istio.io/redirection": "enabled"}


def _template(**labels: str) -> dict[str, Any]:
    return {"template": {"metadata": {"labels": labels}}}


def _owner(kind: str, name: str, api_version: str = "apps/v1", **more: Any) -> list[dict[str, Any]]:
    return [{"apiVersion": api_version, "kind": kind, "name": name, "controller": True, **more}]


def _rollout(name: str, **more: Any) -> list[dict[str, Any]]:
    return _owner("Rollout", name, "argoproj.io/v1alpha1", **more)


def _workloads(*objects: Object) -> list[Workload]:
    return list(world(objects).service(KialiWorkloads).all)


def _names(*objects: Object) -> list[str]:
    return [f"{workload.kind} {workload.namespace}/{workload.name}" for workload in _workloads(*objects)]


def test_controllers_are_workloads_with_or_without_pods() -> None:
    assert _names(
        manifest("Deployment", "shop/a", _template(app="a")),
        manifest("StatefulSet", "shop/b", _template(app="b")),
        manifest("DaemonSet", "shop/c", _template(app="c")),
        manifest("ReplicaSet", "shop/d", _template(app="d")),
        manifest("Pod", "shop/e"),
        manifest("WorkloadGroup", "shop/f", {"template": {}}),
    ) == ["Deployment shop/a", "StatefulSet shop/b", "DaemonSet shop/c", "ReplicaSet shop/d", "Pod shop/e",
          "WorkloadGroup shop/f"]  # fmt: skip


def test_namespaces_of_the_system_have_no_workloads() -> None:
    assert _names(manifest("Deployment", "kube-system/dns"), manifest("Pod", "openshift-x/p")) == []


def test_a_replica_set_belongs_to_its_deployment() -> None:
    owned = manifest("ReplicaSet", "shop/a-1", _template(app="a"), ownerReferences=_owner("Deployment", "a"))
    pod = manifest("Pod", "shop/a-1-x", labels={"app": "a"}, ownerReferences=_owner("ReplicaSet", "a-1"))
    deployment = manifest("Deployment", "shop/a", _template(app="a"))
    assert _names(deployment, owned, pod) == ["Deployment shop/a"]
    assert [held.object.name for held in _workloads(deployment, owned, pod)[0].pods] == ["a-1-x"]


def test_pods_of_missing_owners_are_no_workloads() -> None:
    assert _names(
        manifest("Pod", "shop/a", ownerReferences=_owner("ReplicaSet", "gone")),
        manifest("Pod", "shop/b", ownerReferences=_owner("Deployment", "gone")),
        manifest("Pod", "shop/c", ownerReferences=_owner("Job", "job", "batch/v1")),
        manifest("Pod", "shop/d", ownerReferences=_owner("ReplicationController", "rc", "v1")),
        manifest("Pod", "shop/e", ownerReferences=[{"kind": "Node", "name": "n", "apiVersion": "v1"}]),
    ) == []  # fmt: skip


def test_a_custom_owner_is_a_workload_by_its_replica_set_of_most_replicas() -> None:
    small = manifest(
        "ReplicaSet", "shop/r-1", {"replicas": 1, **_template(v="1")}, ownerReferences=_rollout("r"), uid="u1"
    )
    large = manifest(
        "ReplicaSet", "shop/r-2", {"replicas": 3, **_template(v="2")}, ownerReferences=_rollout("r"), uid="u2",
        annotations={"kiali.io/ignore-validations": ""},
    )  # fmt: skip
    mine = manifest("Pod", "shop/p", ownerReferences=_owner("ReplicaSet", "r-1", uid="u1"))
    other = manifest("Pod", "shop/q", ownerReferences=_owner("ReplicaSet", "r-1", uid="else"))
    unmarked = manifest("Pod", "shop/s", ownerReferences=_owner("ReplicaSet", "r-2"))
    (found,) = _workloads(small, large, mine, other, unmarked)
    assert (found.kind, found.name, dict(found.labels)) == ("Rollout", "r", {"v": "2"})
    assert [pod.object.name for pod in found.pods] == ["p", "s"]
    assert (found.subject.kind, found.subject.name, found.subject.namespace) == ("Workload", "r", "shop")
    assert "kiali.io/ignore-validations" in found.subject.annotations


def test_a_custom_owner_may_have_its_pods_directly() -> None:
    (found,) = _workloads(
        manifest("Pod", "shop/p", labels={"app": "p"}, annotations=REDIRECTED, ownerReferences=_rollout("r"))
    )
    assert (found.kind, found.name, dict(found.labels)) == ("Rollout", "r", {"app": "p"})
    assert found.ambient
    assert found.subject.annotations == {}


def test_of_two_owners_of_one_name_the_higher_kind_stays() -> None:
    claims = [
        manifest("Pod", "shop/a", ownerReferences=_owner("DaemonSet", "x")),
        manifest("Pod", "shop/b", ownerReferences=_owner("StatefulSet", "x")),
    ]
    stateful = manifest("StatefulSet", "shop/x", _template(app="x"))
    assert _names(*claims, manifest("DaemonSet", "shop/x"), stateful) == ["StatefulSet shop/x"]


def test_a_group_hides_a_deployment_of_its_name_but_not_a_custom_owner() -> None:
    group = manifest("WorkloadGroup", "shop/x", {"template": {}})
    assert _names(group, manifest("Deployment", "shop/x", _template(app="x"))) == ["WorkloadGroup shop/x"]
    owned = manifest("ReplicaSet", "shop/x-1", _template(app="x"), ownerReferences=_rollout("x"))
    pod = manifest("Pod", "shop/p", ownerReferences=_owner("ReplicaSet", "x-1"))
    assert _names(group, owned, pod) == ["Rollout shop/x"]


def test_pods_are_counted_by_the_labels_of_the_template() -> None:
    deployment = manifest("Deployment", "shop/a", _template(app="a"))
    stray = manifest("Pod", "shop/stray", labels={"app": "a", "v": "1"})
    other = manifest("Pod", "bank/other", labels={"app": "a"})
    found = {workload.name: workload for workload in _workloads(deployment, stray, other)}
    assert [pod.object.name for pod in found["a"].pods] == ["stray"]


def test_an_identity_from_outside_lets_the_selector_of_the_deployment_count() -> None:
    spire = {"spiffe.io/spire-managed-identity": "true", "app": "a"}
    deployment = manifest(
        "Deployment", "shop/a",
        {"selector": {"matchLabels": {"app": "a"}}, "template": {"metadata": {"labels": {**spire, "more": "x"}}}},
    )  # fmt: skip
    pod = manifest("Pod", "shop/p", labels={"app": "a"})
    assert [held.object.name for held in _workloads(deployment, pod)[0].pods] == ["p"]


def test_a_group_has_the_labels_of_its_first_entry_at_home() -> None:
    group = manifest("WorkloadGroup", "shop/vm", {"metadata": {"labels": {"app": "vm"}}, "template": {}})
    home = manifest("WorkloadEntry", "shop/e", {"labels": {"app": "vm", "class": "big"}})
    away = manifest("WorkloadEntry", "bank/e", {"labels": {"app": "vm", "class": "far"}})
    assert dict(_workloads(group, home, away)[0].labels) == {"app": "vm", "class": "big"}
    assert dict(_workloads(group, away)[0].labels) == {"app": "vm"}
    (found,) = _workloads(manifest("WorkloadGroup", "shop/vm", {"template": {}}), home)
    assert dict(found.labels) == {}
    assert (found.subject.kind, found.pods, found.sidecar, found.ambient) == ("Workload", [], True, False)


def test_a_sidecar_must_be_in_all_pods_and_redirection_in_one() -> None:
    deployment = manifest("Deployment", "shop/a", _template(app="a"))
    with_proxy = manifest("Pod", "shop/p", labels={"app": "a"}, annotations=SIDECAR, ownerReferences=_owner("X", "x"))
    redirected = manifest("Pod", "shop/q", labels={"app": "a"}, annotations=REDIRECTED)
    found = {workload.name: workload for workload in _workloads(deployment, with_proxy, redirected)}
    assert (found["a"].sidecar, found["a"].ambient) == (False, True)
    assert (found["x"].sidecar, found["x"].ambient) == (True, False)


@pytest.mark.parametrize(
    "status",
    [
        '{"containers":["any"]}', '{"initContainers":["istio-proxy"]}', '{"Containers":["a"],"initContainers":null}',
        '{"containers":[null]}',
    ],
)  # fmt: skip
def test_a_status_names_a_proxy(status: str) -> None:
    assert names_proxy(status)


@pytest.mark.parametrize(
    "status",
    [
        "", "{", "null", "[]", "{}", '{"containers":[]}', '{"initContainers":["istio-init"]}', '{"containers":"a"}',
        '{"containers":["a"],"initContainers":[1]}', '"a"',
    ],
)  # fmt: skip
def test_a_status_names_no_proxy(status: str) -> None:
    assert not names_proxy(status)


def test_a_pod_without_account_runs_as_the_default_one() -> None:
    assert KialiPod(manifest("Pod", "shop/p")).account == "default"
    assert account_of({"serviceAccount": "old"}) == "old"
    assert account_of({"serviceAccountName": "new", "serviceAccount": "old"}) == "new"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"gateway.istio.io/managed": "istio.io-mesh-controller"}, True),
        ({"gateway.networking.k8s.io/gateway-name": "my-WayPoint-1"}, True),
        ({"gateway.networking.k8s.io/gateway-name": "way"}, False),
        ({"gateway.istio.io/managed": "istio.io-gateway-controller"}, False),
        ({}, False),
    ],
)
def test_labels_tell_a_waypoint(labels: dict[str, str], *, expected: bool) -> None:
    assert is_waypoint(labels) is expected


@pytest.mark.parametrize(
    ("labels", "annotations", "expected"),
    [
        ({"operator.istio.io/component": "EgressGateways"}, {}, True),
        ({"istio": "ingressgateway"}, {}, True),
        ({"istio": "eastwestgateway"}, {}, False),
        ({}, {"inject.istio.io/templates": "gateway"}, True),
        ({"istio.io/gateway-name": ""}, {}, True),
        ({"gateway.istio.io/managed": "istio.io-gateway-controller"}, {}, True),
        ({"app": "istio-ingressgateway"}, {}, False),
    ],
)
def test_labels_and_annotations_tell_a_gateway(
    labels: dict[str, str], annotations: dict[str, str], *, expected: bool
) -> None:
    assert is_gateway(labels, annotations) is expected


def test_only_what_has_the_name_of_a_gateway_can_be_a_waypoint() -> None:
    mark = {"gateway.istio.io/managed": "istio.io-mesh-controller"}
    named = {**mark, "gateway.networking.k8s.io/gateway-name": "way"}
    template = {"template": {"metadata": {"labels": named}}}
    waypoints = world(
        [
            manifest("Deployment", "shop/way", template),
            manifest("Deployment", "shop/unnamed", {"template": {"metadata": {"labels": mark}}}),
            manifest("Pod", "bank/way", labels={"gateway.networking.k8s.io/gateway-name": "way"}),
        ]
    ).service(KialiWaypoints)
    assert waypoints.find("shop", "way") is not None
    assert waypoints.find("shop", "unnamed") is None
    assert waypoints.find("bank", "way") is None
