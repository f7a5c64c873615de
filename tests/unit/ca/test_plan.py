"""A plan names what a stage touches, as far as it is known, and says what is not."""

import pytest

from getmesh.ca.istiod import Istiods
from getmesh.ca.plan import Known, look, plan_of, plans
from getmesh.ca.stages import STAGES, Way
from tests.fakes.rotating_mesh import Mesh
from tests.fakes.rotations import GOALS, NAMESPACE, OLD, OTHER, ROOT, mesh_for, present_of, rotation_of, take
from tests.fakes.secrets_api import SecretsApi


def text_of(mesh: Mesh, new: Known) -> str:
    rotation = rotation_of(mesh)
    present, plugged_in = rotation.present()
    around = look(Istiods(mesh.api, NAMESPACE), NAMESPACE)
    found = plans(present, new, around, plugged_in=plugged_in)
    return "\n".join(line for plan in found for entry in plan.entries for line in (entry.stage, *entry.touches))


def test_without_the_new_ca_every_way_there_is_gets_shown() -> None:
    for way, ways in ((Way.SELF_SIGNED, [Way.SELF_SIGNED]), (Way.NEW_ROOT, [Way.SAME_ROOT, Way.NEW_ROOT])):
        rotation = rotation_of(mesh := mesh_for(way))
        present, plugged_in = rotation.present()
        around = look(Istiods(mesh.api, NAMESPACE), NAMESPACE)
        found = plans(present, Known(), around, plugged_in=plugged_in)
        assert [plan.way for plan in found] == ways
        for plan in found:
            assert [entry.stage for entry in plan.entries] == ["begin", *STAGES[plan.way]]


def test_a_restart_is_announced_where_and_only_where_it_will_be_made() -> None:
    known = Known(None, (OTHER.certificate,))
    assert "restarted, with" not in text_of(mesh_for(Way.NEW_ROOT), known)
    assert text_of(mesh_for(Way.NEW_ROOT, multi_root=False), known).count("Deployment istiod is restarted") == 2
    assert text_of(mesh_for(Way.SELF_SIGNED), known).count("Deployment istiod is restarted") == 1


@pytest.mark.parametrize(
    ("mesh_config", "said"),
    [
        ('defaultConfig: {proxyMetadata: {PROXY_CONFIG_XDS_AGENT: "true"}}', "at once"),
        ("defaultConfig: {proxyMetadata: {PROXY_CONFIG_XDS_AGENT: false}}", "next renewal"),
        ("defaultConfig: [", "next renewal"),
        ("- no map", "next renewal"),
    ],
)
def test_how_proxies_learn_of_a_root_is_read_from_the_mesh_configuration(mesh_config: str, said: str) -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    where = f"/api/v1/namespaces/{NAMESPACE}/configmaps/istio"
    mesh.api.put(where, {"metadata": {"name": "istio", "namespace": NAMESPACE}, "data": {"mesh": mesh_config}})
    assert f"proxies learn of it {'' if said == 'at once' else 'at their '}{said}" in text_of(mesh, Known())


def test_what_could_not_be_looked_at_is_said() -> None:
    around = look(Istiods(SecretsApi(NAMESPACE), NAMESPACE), NAMESPACE)
    assert len(around.gaps) == 2
    text = str(plans(OLD, Known(), around, plugged_in=True))
    assert "istiod is restarted, with --restart-istiod, unless it has ISTIO_MULTIROOT_MESH=true" in text


def test_roots_that_come_and_go_are_named() -> None:
    text = text_of(mesh_for(Way.NEW_ROOT), Known(None, (OTHER.certificate,)))
    assert "gets CN=other root (" in text
    assert "loses CN=root (" in text
    both = Known(None, (OTHER.certificate, ROOT.certificate))
    assert "drop-root" not in text_of(mesh_for(Way.NEW_ROOT), both)


def test_what_is_done_and_what_comes_next_is_marked() -> None:
    mesh = mesh_for(Way.NEW_ROOT)
    rotation_of(mesh).begin(GOALS[Way.NEW_ROOT])
    take(mesh)
    standing = rotation_of(mesh).standing()
    assert standing is not None
    plan = plan_of(standing, look(Istiods(mesh.api, NAMESPACE), NAMESPACE))
    assert [entry.mark for entry in plan.entries] == ["done", "next", "", ""]
    assert present_of(mesh).signer == OLD.signer
