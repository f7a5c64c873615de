"""Which namespaces Kiali knows, which control plane has which, and what their mesh configuration says."""

from typing import Any

import pytest

from getmesh.model.kiali_membership import KialiMembership, hidden, istiod_value, revision_of
from getmesh.model.kiali_mesh import mesh_facts
from getmesh.model.objects import Object
from getmesh.model.snapshot import KialiSettings, Settings, Snapshot
from tests.fakes.manifests import manifest, namespaces, world


def _istiod(name: str, labels: dict[str, str], **env: str) -> Object:
    container = {"name": "discovery", "env": [{"name": key, "value": value} for key, value in env.items()]}
    spec = {"template": {"spec": {"containers": [container]}}}
    return manifest("Deployment", name, spec, labels={"app": "istiod", **labels})


def _config(name: str, values: dict[str, Any]) -> Object:
    namespace, _, short = name.partition("/")
    raw = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": short, "namespace": namespace}}
    return Object(raw, embedded={"mesh": values})


@pytest.mark.parametrize("name", ["kube-system", "kube-x", "openshift", "openshifted", "ibmoving", "istio-operator-2"])
def test_system_namespaces_are_hidden_by_the_beginning_of_their_name(name: str) -> None:
    assert hidden(name)


@pytest.mark.parametrize("name", ["kube", "my-openshift", "istio-system", "istio-operato"])
def test_other_namespaces_are_not_hidden(name: str) -> None:
    assert not hidden(name)


@pytest.mark.parametrize(
    ("labels", "revision"),
    [
        ({"istio-injection": "enabled", "istio.io/rev": "canary"}, "default"),
        ({"istio-injection": "disabled", "istio.io/rev": "canary"}, "canary"),
        ({"istio.io/rev": ""}, ""),
        ({"istio.io/dataplane-mode": "ambient"}, "default"),
        ({"istio.io/dataplane-mode": "ambient", "istio.io/rev": "canary"}, "canary"),
        ({"istio-injection": "disabled"}, None),
        ({}, None),
    ],
)
def test_labels_ask_for_a_revision(labels: dict[str, str], revision: str | None) -> None:
    assert revision_of(labels) == revision


def test_a_namespace_that_only_objects_name_is_injected() -> None:
    membership = world([manifest("Service", "shop/cart")]).service(KialiMembership)
    assert membership.viewers == ("istio-system", "shop")
    assert membership.labels["shop"]["istio-injection"] == "enabled"
    assert membership.labels["shop"]["kubernetes.io/metadata.name"] == "shop"
    assert "istio-injection" not in membership.labels["istio-system"]


def test_declared_namespaces_without_labels_are_known_but_not_managed() -> None:
    membership = world([manifest("Namespace", "attic"), *namespaces("kube-system")]).service(KialiMembership)
    assert membership.known("attic")
    assert not membership.managed("attic")
    assert membership.control_plane("attic") is None
    assert membership.root("attic") == ""
    assert not membership.known("kube-system")
    assert membership.known(""), "a host that ends in a dot has an empty second part"


def test_each_revision_that_a_namespace_asks_for_has_an_implied_control_plane() -> None:
    objects = [*namespaces("a"), manifest("Namespace", "b", labels={"istio.io/rev": "canary"})]
    canary = _config("istio-system/istio-canary", {"rootNamespace": "mesh"})
    membership = Snapshot([*objects, *namespaces("mesh"), canary]).service(KialiMembership)
    assert [sorted(plane.revisions) for plane in membership.planes] == [["default"], ["canary"]]
    assert membership.root("a") == "istio-system"
    assert membership.root("b") == "mesh"


def test_an_implied_control_plane_without_a_configuration_of_its_own_uses_the_default_one() -> None:
    objects = [manifest("Namespace", "b", labels={"istio.io/rev": "canary"})]
    membership = Snapshot([*objects, _config("istio-system/istio", {"rootNamespace": "b"})]).service(KialiMembership)
    assert [plane.root for plane in membership.planes] == ["b", "b"]


def test_declared_control_planes_replace_implied_ones() -> None:
    plane = _istiod("istio-system/istiod", {"istio.io/rev": "v2"}, CLUSTER_ID="Kubernetes")
    objects = [*namespaces("a"), manifest("Namespace", "b", labels={"istio.io/rev": "v2"})]
    membership = Snapshot([plane, *objects]).service(KialiMembership)
    assert membership.viewers == ("b", "istio-system")


def test_a_tag_is_another_name_of_its_revision() -> None:
    plane = _istiod("istio-system/istiod", {"istio.io/rev": "v2"}, CLUSTER_ID="Kubernetes")
    tag = manifest("MutatingWebhookConfiguration", "tag", labels={"istio.io/tag": "prod", "istio.io/rev": "v2"})
    objects = [manifest("Namespace", name, labels={"istio.io/rev": name}) for name in ("prod", "v2", "v3")]
    assert Snapshot([plane, tag, *objects]).service(KialiMembership).viewers == ("istio-system", "prod", "v2")


def test_a_control_plane_of_another_cluster_manages_its_own_namespaces_only() -> None:
    here = _istiod("istio-system/istiod", {"istio.io/rev": "default"}, CLUSTER_ID="east")
    there = _istiod("remote/istiod", {"istio.io/rev": "default"}, CLUSTER_ID="west")
    settings = Settings(kiali=KialiSettings(cluster_name="west"))
    membership = Snapshot([here, there, *namespaces("a")], settings).service(KialiMembership)
    plane = membership.control_plane("a")
    assert plane is not None
    assert plane.namespace == "remote"
    assert membership.managed("istio-system")


def test_the_only_cluster_that_is_named_is_the_one_at_hand() -> None:
    plane = _istiod("istio-system/istiod", {"istio.io/rev": "default"}, CLUSTER_ID="east")
    assert Snapshot([plane, *namespaces("a")]).service(KialiMembership).managed("a")


def test_discovery_selectors_leave_namespaces_out_but_for_the_root() -> None:
    mesh = {"discoverySelectors": [{"matchLabels": {"kubernetes.io/metadata.name": "a"}}]}
    assert world(namespaces("a", "b"), mesh).service(KialiMembership).viewers == ("a", "istio-system")


def test_istiod_decides_whether_its_own_namespace_is_ambient_once_ztunnel_is_there() -> None:
    ztunnel = manifest("DaemonSet", "istio-system/ztunnel", labels={"app.kubernetes.io/name": "ztunnel"})
    labelled = manifest("Namespace", "istio-system", labels={"istio.io/dataplane-mode": "ambient"})
    plane = _istiod("istio-system/istiod", {"istio.io/rev": "default"}, PILOT_ENABLE_AMBIENT="True")
    assert Snapshot([plane, ztunnel]).service(KialiMembership).ambient("istio-system")
    implied = Snapshot([ztunnel, labelled]).service(KialiMembership)
    assert not implied.ambient("istio-system")
    assert implied.dataplane_ambient("istio-system")
    assert Snapshot([labelled]).service(KialiMembership).ambient("istio-system")


def test_objects_of_hidden_namespaces_and_generated_ones_are_not_read() -> None:
    objects = [
        manifest("VirtualService", "kube-system/a"),
        manifest("VirtualService", "shop/b-0-istio-autogenerated-k8s-gateway"),
        manifest("VirtualService", "shop/c"),
        manifest("DestinationRule", "shop/d-autogenerated-k8s"),
    ]
    membership = world(objects).service(KialiMembership)
    assert [obj.name for obj in membership.objects("VirtualService")] == ["c"]
    assert len(membership.objects("DestinationRule")) == 1


@pytest.mark.parametrize(
    ("outbound", "allowed"),
    [
        (None, True),
        ({}, False),
        ({"mode": "ALLOW_ANY"}, True),
        ({"mode": 1}, True),
        ({"mode": "REGISTRY_ONLY"}, False),
        ("junk", True),
    ],
)
def test_an_outbound_policy_without_a_mode_lets_only_known_hosts_pass(outbound: Any, allowed: bool) -> None:
    assert mesh_facts({"outboundTrafficPolicy": outbound}).allow_any is allowed


def test_absent_values_have_istios_defaults() -> None:
    facts = mesh_facts({"defaultServiceExportTo": [], "enableAutoMtls": None, "trustDomainAliases": ["old", 1]})
    assert facts.auto_mtls
    assert facts.trust_domain == "cluster.local"
    assert facts.trust_domain_aliases == ("old",)
    assert facts.exports == {}
    assert facts.discovery == ()


def test_the_users_mesh_configuration_beats_the_config_map() -> None:
    config = _config("istio-system/istio", {"trustDomain": "corp"})
    assert Snapshot([config]).service(KialiMembership).domain == "svc.corp"
    given = Snapshot([config], Settings(mesh_config={"trustDomain": "mine"}, cluster_domain="dns"))
    assert given.service(KialiMembership).domains == {"svc.mine", "svc.cluster.local", "svc.dns"}


def test_without_a_config_map_an_istio_operator_counts() -> None:
    operator = manifest("IstioOperator", "istio-system/mesh", {"meshConfig": {"trustDomain": "corp"}})
    assert Snapshot([operator]).service(KialiMembership).domain == "svc.corp"


def test_a_declared_control_plane_without_a_configuration_has_defaults() -> None:
    plane = _istiod("mesh/istiod", {"istio.io/rev": "v2"}, CLUSTER_ID="Kubernetes")
    config = _config("istio-system/istio", {"trustDomain": "corp"})
    assert Snapshot([plane, config]).service(KialiMembership).domain == "svc.cluster.local"


def test_a_variable_is_read_from_the_first_container_only() -> None:
    containers = [{"name": "a", "env": [None, {"name": "B", "value": 1}]}, {"env": [{"name": "A", "value": "x"}]}]
    deployment = manifest("Deployment", "a/b", {"template": {"spec": {"containers": containers}}})
    assert istiod_value(deployment, "A") == ""
    assert istiod_value(deployment, "B") == ""
    assert istiod_value(manifest("Deployment", "a/b"), "A") == ""
