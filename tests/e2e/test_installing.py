"""A real istioctl installs into a real API through getmesh, which looks before and afterwards."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from tests.fakes.stores import put_build
from tests.rig.api import Api, RefusedError, grant
from tests.rig.programs import missing, program

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
VERSION = "1.31.0"
SPACE = "/apis/apps/v1/namespaces/istio-system/deployments"


@pytest.fixture
def istioctl(getmesh: Run, tmp_path: Path) -> Run:
    """Give getmesh with the real istioctl as its active build."""
    path = program("istioctl")
    if path is None:
        pytest.skip(missing("istioctl"))
    put_build(tmp_path / "home", f"{VERSION}-istio-v0", path.read_bytes())
    return getmesh


@contextmanager
def controllers(cluster: Api) -> Iterator[None]:
    """Do what the controllers of a whole cluster do for a control plane: bring its deployments up, with a pod each."""
    end = Event()

    def work() -> None:
        while not end.wait(0.3):
            for deployment in cluster.call("GET", SPACE).get("items", []):
                try:
                    _bring_up(cluster, deployment)
                except RefusedError:
                    continue  # changed meanwhile; the next round sees it

    thread = Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _bring_up(cluster: Api, deployment: dict[str, Any]) -> None:
    meta, spec = deployment["metadata"], deployment["spec"]
    if deployment.get("status", {}).get("observedGeneration") == meta["generation"]:
        return
    count = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas"), spec.get("replicas", 1))
    owner = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": meta["name"],
        "uid": meta["uid"],
        "controller": True,
    }
    name = f"{meta['name']}-{meta['generation']}"
    labels = {**spec["template"]["metadata"]["labels"], "pod-template-hash": name}
    template = {**spec["template"], "metadata": {**spec["template"]["metadata"], "labels": labels}}
    made = {"name": name, "labels": labels, "ownerReferences": [owner]}
    selector = {"matchLabels": {**spec["selector"]["matchLabels"], "pod-template-hash": name}}
    sets = SPACE.replace("deployments", "replicasets")
    held = {"metadata": made, "spec": {"replicas": count["replicas"], "selector": selector, "template": template}}
    held = cluster.call("POST", sets, {"apiVersion": "apps/v1", "kind": "ReplicaSet", **held})
    cluster.call("PUT", f"{sets}/{name}/status", {**held, "status": count})
    pod = {"metadata": {"name": f"{name}-0", "labels": labels}, "spec": template["spec"]}
    cluster.call("POST", "/api/v1/namespaces/istio-system/pods", pod)
    status = {"observedGeneration": meta["generation"], "updatedReplicas": count["replicas"], **count}
    cluster.call("PUT", f"{SPACE}/{meta['name']}/status", {**deployment, "status": status})


def test_an_installation_is_checked_made_waited_for_and_verified(istioctl: Run, cluster: Api) -> None:
    kubeconfig = str(cluster.kubeconfig())
    # An istioctl that is no release has no tag built in.
    settings = ("--set", "profile=minimal", "--set", f"tag={VERSION}")
    call = ("istioctl", "install", "-y", *settings, "--kubeconfig", kubeconfig)
    looked = istioctl(*call, "--dry-run")
    assert looked.returncode == 0, looked.stderr
    assert "you may do everything in this cluster" in looked.stderr
    with controllers(cluster):
        done = istioctl(*call, "--readiness-timeout", "60s")
    assert done.returncode == 0, done.stderr
    for said in ("control plane deployments are ready", f"the control plane runs {VERSION}"):
        assert said in done.stderr
    assert f"control plane version: {VERSION}" in istioctl("version", "-c", kubeconfig).stdout


def test_who_may_only_make_things_is_told_what_else_is_needed(istioctl: Run, cluster: Api) -> None:
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["create", "get", "list"]}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": [everything]}
    cluster.create(grant("reader", [{**role, "metadata": {"name": "maker"}}]))
    done = istioctl("istioctl", "install", "-y", "--kubeconfig", str(cluster.kubeconfig("reader")))
    assert done.returncode == 1
    assert "you may not patch namespaces, patch clusterroles, " in done.stderr
    assert "IST0141" not in done.stderr
    assert "patch deployments in istio-system" in done.stderr
