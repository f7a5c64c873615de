"""Who is in the mesh, istioctl's way."""

from typing import Any

import pytest

from getmesh.model.membership import Membership, automatic_image, managed_gateway, pod_ambient, proxy_images, undecided
from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot


def _object(kind: str, name: str, spec: dict[str, Any] | None = None, **meta: Any) -> Object:
    version = "apps/v1" if kind == "Deployment" else "v1"
    return Object({"apiVersion": version, "kind": kind, "metadata": {"name": name, **meta}, "spec": spec or {}})


def _membership(*namespaces: Object) -> Membership:
    return Snapshot(namespaces).service(Membership)


@pytest.mark.parametrize(
    ("labels", "ambient"),
    [
        ({"istio.io/dataplane-mode": "ambient"}, True),
        ({"istio.io/dataplane-mode": "ambient", "istio.io/rev": ""}, True),
        ({"istio.io/dataplane-mode": "ambient", "istio-injection": "disabled"}, True),
        ({"istio.io/dataplane-mode": "ambient", "istio.io/rev": "canary"}, False),
        ({"istio.io/dataplane-mode": "ambient", "istio-injection": "enabled"}, False),
        ({"istio.io/dataplane-mode": "none"}, False),
    ],
)
def test_injection_and_a_revision_take_a_namespace_out_of_ambient(labels: dict[str, str], ambient: bool) -> None:
    assert _membership(_object("Namespace", "shop", labels=labels)).ambient("shop") is ambient


def test_what_nothing_declares_is_neither_ambient_nor_injected() -> None:
    membership = _membership()
    assert not membership.ambient("shop")
    assert not membership.enabled("shop")


@pytest.mark.parametrize(
    ("template", "member"),
    [
        ({}, True),
        ({"metadata": {"labels": {"sidecar.istio.io/inject": "false"}}}, False),
        ({"metadata": {"labels": {"sidecar.istio.io/inject": ""}}}, False),
        (
            {
                "metadata": {
                    "labels": {"sidecar.istio.io/inject": "true"},
                    "annotations": {"sidecar.istio.io/inject": "false"},
                }
            },
            True,
        ),
        (
            {
                "metadata": {"labels": {"sidecar.istio.io/inject": "false"}},
                "spec": {"containers": [{"name": "istio-proxy", "image": "proxy"}]},
            },
            True,
        ),
        (
            {
                "metadata": {"annotations": {"sidecar.istio.io/inject": "no"}},
                "spec": {"initContainers": [{"name": "istio-proxy", "image": "proxy"}]},
            },
            False,
        ),
    ],
)
def test_container_beats_label_beats_annotation_beats_namespace(template: dict[str, Any], member: bool) -> None:
    membership = _membership(_object("Namespace", "shop", labels={"istio-injection": "enabled"}))
    deployment = _object("Deployment", "cart", {"template": template}, namespace="shop")
    assert membership.deployment(deployment) is member


def test_a_native_sidecar_makes_a_pod_a_member() -> None:
    pod = _object("Pod", "cart", {"initContainers": [{"name": "istio-proxy", "image": "proxy"}]}, namespace="shop")
    assert _membership().pod(pod)


def test_a_revision_label_makes_no_member() -> None:
    membership = _membership(_object("Namespace", "shop", labels={"istio.io/rev": "canary"}))
    assert not membership.pod(_object("Pod", "cart", namespace="shop"))


def test_only_the_exact_annotation_marks_an_ambient_pod() -> None:
    assert pod_ambient(_object("Pod", "a", annotations={"ambient.istio.io/redirection": "enabled"}))
    assert not pod_ambient(_object("Pod", "a", annotations={"ambient.istio.io/redirection": "true"}))


def test_every_proxy_container_is_listed_with_its_image() -> None:
    spec = {
        "containers": [{"name": "istio-proxy"}, {"name": "app", "image": "x"}],
        "initContainers": [{"name": "istio-proxy", "image": "proxy"}, None],
    }
    assert proxy_images(spec) == ["", "proxy"]


def test_only_the_proxy_may_wait_for_its_image() -> None:
    assert (
        automatic_image({"containers": [{"name": "app", "image": "auto"}, {"name": "istio-proxy", "image": "auto"}]})
        == 1
    )
    assert automatic_image({"initContainers": [{"name": "istio-proxy", "image": "auto"}]}) is None


def test_an_empty_injection_label_leaves_a_namespace_undecided() -> None:
    assert undecided(_object("Namespace", "shop", labels={"istio-injection": ""}))
    assert not undecided(_object("Namespace", "shop", labels={"istio.io/rev": ""}))
    assert not undecided(_object("Namespace", "istio-system"))


def test_waypoints_and_gateways_of_istio_are_managed() -> None:
    for controller in ("gateway", "mesh", "eastwest"):
        labels = {"gateway.istio.io/managed": f"istio.io-{controller}-controller"}
        assert managed_gateway(_object("Service", "a", labels=labels))
    assert not managed_gateway(_object("Service", "a", labels={"gateway.istio.io/managed": ""}))
