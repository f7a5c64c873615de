from typing import Any

import pytest

from getmesh.discovery.difference import Difference, compare
from getmesh.discovery.proposal import Proposal, apply, selectors_in
from getmesh.discovery.simulation import Simulation
from getmesh.discovery.tally import Tally
from getmesh.errors import UsageError
from getmesh.report.discovery_diff import document, render, size
from getmesh.report.discovery_html import render_html
from tests.unit.discovery.meshes import CL_BAR, ENV_TEST, Mesh, base, istio, mesh_config


def change(mesh: Mesh, /, **proposal: Any) -> Difference:
    """Compare a mesh with itself under a proposal."""
    made = Proposal(**proposal)
    return compare(mesh.simulation, Simulation(apply(mesh.snapshot, made)), forced=made.forced)


def test_selectors_take_clusters_away_by_name() -> None:
    found = change(Mesh(base(foo={"env": "test"})), selectors=[ENV_TEST])
    assert found.lost == {CL_BAR: 2, "inbound|8080||": 1}
    assert found.gained == {}
    assert found.after.clusters < found.before.clusters
    assert found.one_off == found.after.bytes


def test_a_label_is_an_ordinary_change_that_pushes_only_what_changes() -> None:
    mesh = Mesh([*base(foo={"env": "test"}), mesh_config({"discoverySelectors": [ENV_TEST]})])
    found = change(mesh, labels={"bar": {"env": "test"}})
    assert found.gained == {CL_BAR: 2, "inbound|8080||": 1}
    assert 0 < found.one_off < found.after.bytes


def test_a_label_can_be_taken_away() -> None:
    labelled = {"env": "test"}
    mesh = Mesh([*base(foo=labelled, bar=labelled), mesh_config({"discoverySelectors": [ENV_TEST]})])
    assert change(mesh, labels={"bar": {"env": ""}}).lost[CL_BAR] == 2


def test_a_sidecar_changes_its_own_namespace_alone() -> None:
    only_own = istio("Sidecar", "foo/default", {"egress": [{"hosts": ["./*"]}]})
    found = change(Mesh(base()), objects=[only_own])
    assert [(item.proxy.name, item.same) for item in found.changes] == [("bar-1", True), ("foo-1", False)]
    assert found.lost == {CL_BAR: 1}


def test_an_object_can_be_thought_away() -> None:
    found = change(Mesh(base()), without=frozenset({("Service", "bar", "bar")}))
    assert found.lost == {CL_BAR: 2, "inbound|8080||": 1}


def test_mesh_configuration_can_be_replaced_as_a_whole() -> None:
    found = change(Mesh([*base(), mesh_config({"defaultServiceExportTo": ["."]})]), mesh={})
    assert found.gained == {CL_BAR: 1, "outbound|8000||foo.foo.svc.cluster.local": 1}


def test_new_selectors_leave_other_settings_alone() -> None:
    mesh = Mesh([*base(foo={"env": "test"}), mesh_config({"defaultServiceExportTo": ["."]})])
    after = Simulation(apply(mesh.snapshot, Proposal(selectors=[ENV_TEST])))
    assert after.planes.all[0].mesh.service_exports == {"."}
    assert after.istiod(after.planes.all[0]).selection.filtering


def test_nothing_changes_without_a_change() -> None:
    found = change(Mesh(base()), labels={"foo": {"color": "blue"}})
    assert all(item.same for item in found.changes)
    assert found.one_off == 0
    assert "0 of 2 proxies" in render(found)


def test_an_unknown_namespace_cannot_be_labelled() -> None:
    with pytest.raises(UsageError, match="no namespace 'nowhere'"):
        apply(Mesh(base()).snapshot, Proposal(labels={"nowhere": {"a": "b"}}))


def test_the_report_names_what_goes_and_draws_a_chart() -> None:
    found = change(Mesh(base(foo={"env": "test"})), selectors=[ENV_TEST])
    text = render(found)
    assert "2 of 2 proxies are sent something else" in text
    assert f"{CL_BAR}  (lost by 2 proxies)" in text
    assert "####" in text
    assert "foo-1.foo" in render(found, by="proxy")
    assert "NAMESPACE" in render(found, by="namespace")
    page = render_html(found)
    assert page.startswith("<!doctype html>")
    assert "outbound|8000||bar.bar.svc.cluster.local" in page


def test_the_document_holds_every_proxy_with_both_sides() -> None:
    held = document(change(Mesh(base(foo={"env": "test"})), selectors=[ENV_TEST]))
    assert held["schema"] == "getmesh/discovery-diff/v1"
    proxy = held["proxies"][1]
    assert (proxy["name"], proxy["clustersGone"]) == ("foo-1", [CL_BAR])
    assert proxy["before"]["clusters"] - 1 == proxy["after"]["clusters"]
    assert held["disappears"] == [{"cluster": "inbound|8080||", "proxies": 1}, {"cluster": CL_BAR, "proxies": 2}]


@pytest.mark.parametrize(("number", "text"), [(0, "0 B"), (999, "999 B"), (1200, "1.2 kB"), (-2_500_000, "-2.5 MB")])
def test_bytes_are_written_for_people(number: int, text: str) -> None:
    assert size(number) == text


def test_tallies_add_up() -> None:
    one, other = Tally(clusters=1, cds=10), Tally(clusters=2, eds=5)
    assert one.plus(other) == Tally(clusters=3, cds=10, eds=5)
    assert one.plus(other).minus(other) == one
    assert one.plus(other).bytes == 15


@pytest.mark.parametrize(
    "value",
    [
        [ENV_TEST],
        {"discoverySelectors": [ENV_TEST]},
        {"kind": "IstioOperator", "spec": {"meshConfig": {"discoverySelectors": [ENV_TEST]}}},
        {"kind": "Istio", "spec": {"values": {"meshConfig": {"discoverySelectors": [ENV_TEST]}}}},
        {"meshConfig": {"discoverySelectors": [ENV_TEST]}, "pilot": {}},
    ],
)
def test_selectors_are_found_in_whatever_wraps_mesh_configuration(value: Any) -> None:
    assert selectors_in(value) == [ENV_TEST]


def test_a_file_without_selectors_has_none() -> None:
    assert selectors_in({"accessLogFile": "/dev/stdout"}) is None
    assert selectors_in("text") is None
