"""A real istiod reads the rig's API, and what getmesh computes from the same API is what istiod serves."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rig import istiod as plane
from tests.rig.api import Api
from tests.rig.programs import missing

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
NAMESPACE = "e2e-istiod"


def obj(api: str, kind: str, name: str, spec: Any = None, **more: Any) -> dict[str, Any]:
    """Give an object of the test's namespace."""
    meta = {"name": name, "namespace": NAMESPACE, **more.pop("meta", {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **({"spec": spec} if spec is not None else {}), **more}


def world() -> list[dict[str, Any]]:
    """Give a Service with two endpoints behind it, one of them not ready, and a ServiceEntry."""
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    slices = {
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        "endpoints": [
            {"addresses": ["10.9.0.1"], "conditions": {"ready": True}},
            {"addresses": ["10.9.0.2"], "conditions": {"ready": False}},
        ],
    }
    entry = {
        "hosts": ["api.example.com"],
        "ports": [{"name": "tls", "number": 443, "protocol": "TLS"}],
        "resolution": "STATIC",
        "endpoints": [{"address": "192.0.2.7"}],
    }
    return [
        obj("v1", "Service", "cart", {"selector": {"app": "cart"}, "ports": ports}),
        obj(
            "discovery.k8s.io/v1", "EndpointSlice", "cart-1", **slices,
            meta={"labels": {"kubernetes.io/service-name": "cart"}},
        ),
        obj("networking.istio.io/v1", "ServiceEntry", "api", entry),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def istiod(cluster: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[plane.Istiod]:
    """Run istiod over the loaded world."""
    if reason := missing("istiod"):
        pytest.skip(reason)
    cluster.namespace("istio-system")
    cluster.namespace(NAMESPACE)
    cluster.create(world())
    with plane.running(cluster, tmp_path_factory.mktemp("istiod")) as found:
        yield found


def addresses(shards: Any) -> set[str]:
    """Give every address under a service of ``/debug/endpointShardz``."""
    text = json.dumps(shards)
    return {address for address in ("10.9.0.1", "10.9.0.2", "192.0.2.7") if address in text}


def test_istiod_and_getmesh_see_the_same_endpoints(istiod: plane.Istiod, cluster: Api, getmesh: Run) -> None:
    shards = json.loads(istiod.page("/debug/endpointShardz"))
    host = f"cart.{NAMESPACE}.svc.cluster.local"
    assert "10.9.0.1" in addresses(shards[host])
    done = getmesh(
        "discovery", "endpoints", "--proxy", "sidecar", "--namespace", NAMESPACE, "-o", "json",
        "-c", str(cluster.kubeconfig()),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["endpoints"]
    ours = {row["address"] for row in rows if host in row["cluster"]}
    assert ours == {"10.9.0.1"}
    assert {row["address"] for row in rows if "api.example.com" in row["cluster"]} == {"192.0.2.7"}
    assert "192.0.2.7" in addresses(shards["api.example.com"])


def test_istiod_keeps_its_root_where_getmesh_looks_for_it(istiod: plane.Istiod, cluster: Api, tmp_path: Path) -> None:
    del istiod, tmp_path
    secret = cluster.call("GET", "/api/v1/namespaces/istio-system/secrets/istio-ca-secret")
    assert "ca-cert.pem" in secret["data"]
