"""ca status as users run it: through a real API port, into pods, with real TLS."""

import json
from typing import Any

import pytest

from tests.fakes.authorities import good_bundle, make
from tests.fakes.mesh_owner import MeshOwner
from tests.fakes.stores import put_build

ROOT = make("root", days=3650)
OLD = good_bundle("old ca", ROOT)
NEW = good_bundle("new ca", ROOT)
BEHIND = "serves a certificate of another CA: it has not read the Secret"


def status(owner: MeshOwner, *arguments: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(owner.run("ca", "status", *arguments, "-o", "json", code=code).stdout)
    return found


def refuse_streams(owner: MeshOwner) -> None:
    owner.api.fault = lambda _method, path: "403" if path.endswith("/portforward") else ""


def test_everything_is_seen_through_the_api_alone(owner: MeshOwner) -> None:
    owner.start_mesh(OLD)
    found = status(owner)
    assert found["summary"] == {"current": 3}
    assert found["complete"] is True
    assert found["istiodServesCurrent"] is True
    assert [one["istiod"] for one in found["istiods"]] == ["istiod-1"]
    assert "istiod: 1 of 1 serve a certificate of the CA" in owner.run("ca", "status").stdout


def test_status_tells_who_still_uses_the_old_ca(owner: MeshOwner) -> None:
    mesh = owner.start_mesh(OLD)
    done = owner.run("ca", "status", "--prometheus", "ca.prom")
    assert "current" in done.stdout
    metrics = (owner.folder / "ca.prom").read_text()
    assert 'getmesh_ca_workloads{use="current"} 3' in metrics
    assert 'getmesh_ca_root_configmaps{state="current"} 2' in metrics
    assert 'getmesh_ca_istiods{state="current"} 1' in metrics
    owner.api.put_secret("cacerts", NEW.data())
    workloads = "3 workloads have a certificate of another CA"
    assert status(owner, code=1)["faults"] == [workloads, f"istiod-1 {BEHIND}"]
    mesh.reload()
    assert status(owner, *owner.dumps_of(mesh), code=1)["faults"] == [workloads]


def test_what_ends_soon_is_told_of_the_ca_and_of_istiods_own_certificate(owner: MeshOwner) -> None:
    owner.start_mesh(good_bundle("mesh ca", ROOT, days=100))
    assert status(owner)["faults"] == []
    found = status(owner, "--warn-days", "120", code=1)["faults"]
    assert len(found) == 2
    assert found[0].startswith("CN=mesh ca")
    assert found[0].endswith("ends in 100 days")
    assert found[1] == "istiod-1 serves a certificate that ends in 0 days"


def test_roots_of_another_ca_are_shown_with_their_end_and_key(owner: MeshOwner) -> None:
    owner.start_mesh(OLD)
    owner.api.put_secret("cacerts", good_bundle("another", make("another root", days=3000)).data())
    found = status(owner, code=1)
    handed = [one for one in found["certificates"] if one["role"] == "handed out"]
    assert [(one["subject"], one["key"], round(one["daysLeft"])) for one in handed] == [("CN=root", "P-256", 3650)]
    assert found["workloads"][0]["key"] == "P-256"
    shown = owner.run("ca", "status", code=1).stdout
    assert "FIRST ENDS" in shown
    assert "handed out" in shown


def test_each_istiod_is_looked_at(owner: MeshOwner) -> None:
    mesh = owner.start_mesh(OLD)
    pod = owner.api.objects["/api/v1/namespaces/istio-system/pods/istiod-1"]
    owner.api.put("/api/v1/namespaces/istio-system/pods/istiod-2", {**pod, "metadata": {**pod["metadata"]}})
    owner.api.objects["/api/v1/namespaces/istio-system/pods/istiod-2"]["metadata"]["name"] = "istiod-2"
    old_end = mesh.istiod()
    owner.api.listeners["istio-system/istiod-2:15012"] = lambda: old_end
    owner.api.put_secret("cacerts", NEW.data())
    mesh.reload()
    found = status(owner, "--through", "none", code=1)
    assert [(one["istiod"], one["current"]) for one in found["istiods"]] == [("istiod-1", True), ("istiod-2", False)]
    assert found["faults"] == [f"istiod-2 {BEHIND}"]


def test_an_istiod_that_may_not_be_reached_into_is_never_taken_for_healthy(owner: MeshOwner) -> None:
    owner.start_mesh(OLD)
    refuse_streams(owner)
    found = status(owner, "--through", "none", code=3)
    assert found["istiodServesCurrent"] is None
    needed = "you may not reach into it: get and create on pods/portforward are needed in istio-system"
    assert found["gaps"] == [f"what istiod-1 serves: {needed}"]
    assert status(owner, "--through", "none", "--istiod", "none")["complete"] is True


def test_a_watch_without_the_right_to_the_key_compares_with_what_istiod_serves(owner: MeshOwner) -> None:
    mesh = owner.start_mesh(OLD)
    owner.api.fault = lambda _method, path: "403" if "/secrets" in path else ""
    owner.run("ca", "status", code=4)
    found = status(owner, "--without-secret")
    assert (found["source"], found["summary"]) == ("istiod", {"current": 3})
    assert found["istiodServesCurrent"] is None
    assert [one["role"] for one in found["certificates"]] == ["signs", "root", "istiod"]
    owner.api.put_secret("cacerts", NEW.data())
    mesh.reload()
    assert status(owner, "--without-secret", code=1)["summary"] == {"other": 3}
    assert "CA: as istiod serves it" in owner.run("ca", "status", "--without-secret", code=1).stdout
    assert not any("/secrets" in path for _, path in owner.api.calls[-20:])


def test_without_secret_and_istiod_nobody_is_called_healthy_or_faulty(owner: MeshOwner) -> None:
    owner.start_mesh(OLD)
    found = status(owner, "--without-secret", "--istiod", "none", code=3)
    assert found["summary"] == {"unseen": 3}
    assert found["faults"] == []
    assert found["gaps"] == ["no CA is known to compare certificates with"]


@pytest.mark.parametrize(
    ("phase", "said"),
    [("Succeeded", "none runs in istio-system"), ("Running", "refused by the test")],
)
def test_an_istiod_that_is_not_there_is_said(owner: MeshOwner, phase: str, said: str) -> None:
    owner.start_mesh(OLD)
    owner.api.objects["/api/v1/namespaces/istio-system/pods/istiod-1"]["status"] = {"phase": phase}
    owner.api.listeners.pop("istio-system/istiod-1:15012")
    assert said in owner.run("ca", "status", "--through", "none", code=3).stderr


def test_status_is_partial_where_a_proxy_cannot_be_reached(owner: MeshOwner) -> None:
    owner.start_mesh(OLD)
    owner.api.listeners.pop("shop/w0:15000")
    done = owner.run("ca", "status", code=3)
    assert "not seen: shop/w0" in done.stderr
    assert "shop/w1" not in done.stderr


def test_istioctl_is_asked_where_the_api_refuses(owner: MeshOwner) -> None:
    mesh = owner.start_mesh(OLD)
    refuse_streams(owner)
    found = status(owner, "--istiod", "none", code=3)
    assert "portforward" in found["gaps"][0]
    owner.dumps_of(mesh)
    program = f'#!/bin/sh\ncat "{owner.folder}/${{3%%.*}}.json"\n'.encode()
    put_build(owner.folder / "home", "1.31.1-istio-v0", program)
    for through in ("auto", "istioctl"):
        found = status(owner, "--istiod", "none", "--through", through)
        assert found["summary"] == {"current": 3}
        assert found["complete"] is True
    assert status(owner, "--istiod", "none", "--through", "api", code=3)["summary"] == {"unseen": 3}
