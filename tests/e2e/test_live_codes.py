"""Codes that only a running cluster can raise, held to the real istioctl on that cluster."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.rig import api as rig
from tests.rig.programs import missing, program

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
CODES = ("IST0139", "IST0158", "IST0171")
# istioctl panics without the second value, which charts always write.
VALUES = {
    "global": {"hub": "docker.io/istio", "tag": "1.30.0", "proxy": {"image": "proxyv2"}},
    "sidecarInjectorWebhook": {"enableNamespacesByDefault": False},
}


def hook(configuration: str, service: str, **selector: str) -> dict[str, Any]:
    """Give an injector's configuration with one hook."""
    client = {"service": {"namespace": "istio-system", "name": service, "path": "/inject"}}
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    one = {
        "name": "namespace.sidecar-injector.istio.io",
        "clientConfig": client,
        "namespaceSelector": {"matchLabels": selector},
        "rules": [rule],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    api = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    return {**api, "metadata": {"name": configuration}, "webhooks": [one]}


def obj(kind: str, name: str, namespace: str, **fields: Any) -> dict[str, Any]:
    """Give an object of the core API."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}, **fields}


def pod(name: str, image: str) -> dict[str, Any]:
    """Give a Pod whose proxy runs an image."""
    containers = [{"name": "app", "image": "app:1"}, {"name": "istio-proxy", "image": f"docker.io/istio/{image}"}]
    return obj("Pod", name, "shop", spec={"containers": containers}, status={"phase": "Running"})


@pytest.fixture(scope="module")
def kubeconfig(cluster: rig.Api) -> str:
    """Give a cluster in which each of the codes is raised; its kubeconfig."""
    labels = {"labels": {"istio-injection": "enabled"}}
    cluster.namespace("istio-system")
    cluster.create([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", **labels}}])
    unbound = {"type": "istio.io/WaypointBound", "status": "False", "reason": "Gone", "message": "no such waypoint"}
    unbound |= {"lastTransitionTime": "2026-01-01T00:00:00Z"}
    port = {"ports": [{"name": "http", "port": 80}]}
    cluster.create(
        [
            hook("istio-sidecar-injector", "istiod", **{"istio-injection": "enabled"}),
            hook("istio-revision-tag-default", "istiod", **{"istio-injection": "enabled"}),
            hook("istio-sidecar-injector-old", "istiod-old", **{"istio.io/rev": "old"}),
            obj("Service", "istiod", "istio-system", spec={"ports": [{"name": "https-webhook", "port": 443}]}),
            obj("ConfigMap", "istio-sidecar-injector", "istio-system", data={"values": json.dumps(VALUES)}),
            pod("old", "proxyv2:1.29.1"),
            pod("current", "proxyv2:1.30.0"),
            obj("Service", "cart", "shop", spec=port, status={"conditions": [unbound]}),
            obj("Service", "bank", "shop", spec=port),
        ]
    )
    return str(cluster.kubeconfig())


def test_what_runs_is_judged_as_istioctl_judges_it(getmesh: Run, kubeconfig: str) -> None:
    istioctl = program("istioctl")
    if istioctl is None:
        pytest.skip(missing("istioctl"))
    command = [str(istioctl), "analyze", "-A", "-o", "json", "--kubeconfig", kubeconfig]
    analyzed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    theirs = {(one["code"], one["origin"]) for one in json.loads(analyzed.stdout or "[]") if one["code"] in CODES}
    done = getmesh("config-validate", "-c", kubeconfig, "--select", ",".join(CODES), "-o", "json")
    found = [(one["code"], one["object"]) for one in json.loads(done.stdout)["findings"]]
    ours = {(code, f"{to['kind']} {to['namespace'] and to['namespace'] + '/'}{to['name']}") for code, to in found}
    assert {code for code, _ in theirs} == set(CODES), analyzed.stderr
    assert ours == theirs


def test_a_snapshot_keeps_what_these_codes_need(getmesh: Run, kubeconfig: str) -> None:
    assert getmesh("snapshot", "save", "mesh", "-c", kubeconfig).returncode == 0
    select = ("--select", ",".join(CODES), "-o", "json")
    again = json.loads(getmesh("config-validate", "--snapshot", "mesh", *select).stdout)
    assert again["findings"] == json.loads(getmesh("config-validate", "-c", kubeconfig, *select).stdout)["findings"]
    assert len(again["findings"]) >= len(CODES)
