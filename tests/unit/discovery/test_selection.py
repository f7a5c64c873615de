from typing import Any

import pytest

from getmesh.model.objects import Object
from tests.unit.discovery.meshes import (
    BAR,
    CL_BAR,
    CL_FOO,
    ENV_TEST,
    FOO,
    Mesh,
    base,
    istio,
    mesh_config,
    namespace,
    obj,
    pod,
    select,
    service,
)  # fmt: skip

TEST = {"env": "test"}
NOTHING_BUT_STATIC = {"BlackHoleCluster", "PassthroughCluster", "InboundPassthroughCluster"}


def test_without_selectors_everybody_sees_everything() -> None:
    mesh = Mesh(base())
    assert mesh.clusters("foo-1.foo") == {CL_FOO, CL_BAR, "inbound|8080||"}
    assert mesh.rows("foo-1.foo") == ["10.244.0.10:8080 HEALTHY", "10.244.0.9:8080 HEALTHY"]


def test_what_is_not_selected_vanishes_for_the_others() -> None:
    mesh = Mesh([*base(foo=TEST), select(ENV_TEST)])
    assert mesh.clusters("foo-1.foo") == {CL_FOO, "inbound|8080||"}
    assert mesh.rows("foo-1.foo") == ["10.244.0.9:8080 HEALTHY"]


def test_a_proxy_of_a_hidden_namespace_sees_the_others_but_not_itself() -> None:
    mesh = Mesh([*base(foo=TEST), select(ENV_TEST)])
    assert mesh.clusters("bar-1.bar") == {CL_FOO}
    assert set(mesh.types("bar-1.bar")) == {CL_FOO} | NOTHING_BUT_STATIC


def test_a_label_brings_a_namespace_back() -> None:
    assert CL_BAR in Mesh([*base(foo=TEST, bar=TEST), select(ENV_TEST)]).clusters("foo-1.foo")
    assert CL_BAR not in Mesh([*base(foo=TEST, bar={"env": "prod"}), select(ENV_TEST)]).clusters("foo-1.foo")


def test_selectors_are_alternatives() -> None:
    team = {"matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "b"]}]}
    mesh = Mesh([*base(foo=TEST, bar={"team": "b"}), select(ENV_TEST, team)])
    assert {CL_FOO, CL_BAR} <= mesh.clusters("foo-1.foo")


def test_parts_of_one_selector_must_all_hold() -> None:
    both = {**ENV_TEST, "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["batch"]}]}
    mesh = Mesh([*base(foo=TEST, bar={**TEST, "tier": "batch"}), select(both)])
    assert mesh.clusters("foo-1.foo") == {CL_FOO, "inbound|8080||"}


@pytest.mark.parametrize(
    ("selectors", "seen"),
    [
        ([], {CL_FOO, CL_BAR, "inbound|8080||"}),
        ([{}], {CL_FOO, CL_BAR, "inbound|8080||"}),
        ([None], {CL_FOO, CL_BAR, "inbound|8080||"}),
        ([{"matchLabel": {"env": "test"}}], {CL_FOO, CL_BAR, "inbound|8080||"}),
        ([{"matchLabels": {"env": "nowhere"}}], set()),
    ],
)
def test_empty_selectors_select_everything_and_no_match_nothing(selectors: list[object], seen: set[str]) -> None:
    assert Mesh([*base(foo=TEST), select(*selectors)]).clusters("foo-1.foo") == seen


@pytest.mark.parametrize(
    "expression",
    [
        {"key": "env", "operator": "Equals", "values": ["test"]},
        {"key": "env", "operator": "in", "values": ["test"]},
        {"key": "env", "operator": "In"},
        {"key": "env", "operator": "Exists", "values": ["test"]},
        {"key": "-env", "operator": "Exists"},
        {"key": "env", "operator": "In", "values": ["a b"]},
    ],
)
def test_one_invalid_selector_switches_all_of_them_off(expression: dict[str, object]) -> None:
    mesh = Mesh([*base(foo=TEST), select(ENV_TEST, {"matchExpressions": [expression]})])
    assert CL_BAR in mesh.clusters("foo-1.foo")


def test_other_settings_survive_an_invalid_selector() -> None:
    config = {
        "discoverySelectors": [{"matchExpressions": [{"key": "env", "operator": "Equals"}]}],
        "defaultServiceExportTo": ["."],
    }
    assert CL_BAR not in Mesh([*base(), mesh_config(config)]).clusters("foo-1.foo")


def test_a_wrong_type_discards_the_whole_configuration() -> None:
    config = {"discoverySelectors": [{"matchLabels": {"env": True}}], "defaultServiceExportTo": ["."]}
    mesh = Mesh([*base(), mesh_config(config)])
    assert CL_BAR in mesh.clusters("foo-1.foo")
    assert "matchLabels" in mesh.simulation.planes.all[0].mesh.discarded


def test_the_name_label_is_on_every_namespace() -> None:
    by_name = {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["foo"]}]}
    assert Mesh([*base(), select(by_name)]).clusters("foo-1.foo") == {CL_FOO, "inbound|8080||"}


def test_objects_of_an_undeclared_namespace_are_hidden_only_when_something_is_filtered() -> None:
    stray = service("stray/stray")
    assert "outbound|8000||stray.stray.svc.cluster.local" in Mesh([*base(), stray]).clusters("foo-1.foo")
    hidden = Mesh([*base(), stray, select({})])
    assert "outbound|8000||stray.stray.svc.cluster.local" not in hidden.clusters("foo-1.foo")


def test_a_root_sidecar_counts_only_if_the_root_is_selected() -> None:
    root = istio("Sidecar", "istio-system/default", {"egress": [{"hosts": ["./*"]}]})
    istiod = service("istio-system/istiod")
    only_foo = {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["foo"]}]}
    assert Mesh([*base(), istiod, root, select(only_foo)]).clusters("foo-1.foo") == {CL_FOO, "inbound|8080||"}
    mesh = Mesh([*base(), istiod, root])
    assert mesh.clusters("foo-1.foo") == {CL_FOO, "inbound|8080||"}


def test_rules_and_routes_of_hidden_namespaces_do_not_reach_others() -> None:
    rule = istio("DestinationRule", "bar/foo", {"host": FOO, "subsets": [{"name": "v1", "labels": {"version": "v1"}}]})
    route = istio("VirtualService", "bar/foo", {"hosts": [FOO], "http": [{"route": [{"destination": {"host": BAR}}]}]})
    mesh = Mesh([*base(foo=TEST), rule, route, select(ENV_TEST)])
    assert mesh.clusters("foo-1.foo") == {CL_FOO, "inbound|8080||"}


def test_each_revision_has_its_own_selectors_and_objects() -> None:
    groups = {"foo": {"usergroup": "1"}, "bar": {"usergroup": "2"}}
    objects = [item for item in base(**groups) if item.kind != "Pod"]
    for name, revision, ip in (("foo", "a", "10.244.0.9"), ("bar", "b", "10.244.0.10")):
        objects.append(pod(f"{name}/{name}-1", ip, meta={"annotations": {"istio.io/rev": revision}}))
    for revision, group in (("a", "1"), ("b", "2")):
        config = {"discoverySelectors": [{"matchLabels": {"usergroup": group}}]}
        objects.append(mesh_config(config, name=f"istio-{revision}"))
    spec = {"host": FOO, "subsets": [{"name": "v1"}]}
    objects.append(istio("DestinationRule", "foo/foo", spec, labels={"istio.io/rev": "b"}))
    mesh = Mesh(objects)
    assert mesh.clusters("foo-1.foo") == {CL_FOO, "inbound|8080||"}
    assert mesh.clusters("bar-1.bar") == {CL_BAR, "inbound|8080||"}


def test_mesh_configuration_may_stand_in_an_istio_operator() -> None:
    operator = obj(
        "IstioOperator", "istio-system/installation", {"meshConfig": {"discoverySelectors": [ENV_TEST]}},
        api="install.istio.io/v1alpha1",
    )  # fmt: skip
    assert CL_BAR not in Mesh([*base(foo=TEST), operator]).clusters("foo-1.foo")


def installation(revision: str = "", **spec: Any) -> Object:
    """Make an IstioOperator."""
    name = f"istio-system/installation{revision and '-'}{revision}"
    spec = {**spec, **({"revision": revision} if revision else {})}
    return obj("IstioOperator", name, spec, api="install.istio.io/v1alpha1")


def test_helm_values_of_an_istio_operator_hold_mesh_configuration_too() -> None:
    operator = installation(values={"meshConfig": {"discoverySelectors": [ENV_TEST]}})
    assert CL_BAR not in Mesh([*base(foo=TEST), operator]).clusters("foo-1.foo")


def test_an_istio_operators_own_mesh_configuration_lies_over_its_helm_values_key_by_key() -> None:
    under = {"discoverySelectors": [{"matchLabels": {"env": "none"}}], "defaultServiceExportTo": ["."]}
    operator = installation(meshConfig={"discoverySelectors": [ENV_TEST]}, values={"meshConfig": under})
    mesh = Mesh([*base(foo=TEST, bar=TEST), operator]).simulation.planes.all[0].mesh
    assert mesh.selectors == (ENV_TEST,)
    assert mesh.service_exports == {"."}


def test_each_revision_has_the_istio_operator_that_installs_it() -> None:
    operators = [
        installation("canary", meshConfig={"discoverySelectors": [ENV_TEST]}),
        installation("stable", values={"meshConfig": {"rootNamespace": "mesh-root"}}),
    ]
    planes = Mesh([*base(), *operators]).simulation.planes
    assert planes.of("canary").mesh.selectors == (ENV_TEST,)
    assert planes.of("stable").mesh.root_namespace == "mesh-root"


def test_remote_namespaces_are_judged_by_their_own_labels_and_the_primary_selectors() -> None:
    remote = Mesh(
        [namespace("bar", env="test"), namespace("foo"), service("bar/bar"), pod("bar/bar-9", "10.9.0.9")]
    ).snapshot
    mesh = Mesh([*base(foo=TEST), select(ENV_TEST)], {"west": remote})
    assert mesh.rows("foo-1.foo", CL_BAR) == ["10.9.0.9:8080 HEALTHY"]
