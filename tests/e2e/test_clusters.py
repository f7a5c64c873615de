"""Two real clusters: what istioctl sees between them getmesh sees, and what each user may see."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.rig import api as rig
from tests.rig import definitions
from tests.rig.programs import missing, program

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]


def service(name: str, ports: list[dict[str, Any]], **spec: Any) -> dict[str, Any]:
    """Give a Service of the namespace shop."""
    meta = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": {"ports": ports, **spec}}


HTTP = {"name": "http", "port": 80}
EAST = [
    service("same", [HTTP, {"name": "grpc", "port": 81}]),
    service("port", [HTTP]),
    service("more", [HTTP]),
    service("protocol", [{"name": "dns", "port": 53}]),
    service("type", [HTTP]),
    service("headless", [HTTP], clusterIP="None"),
    service("node-port", [HTTP], type="NodePort"),
    service("east-only", [HTTP]),
]
WEST = [
    service("same", [{"name": "grpc", "port": 81, "targetPort": 81}, HTTP]),
    service("port", [{"name": "http", "port": 80, "targetPort": 8080}]),
    service("more", [HTTP, {"name": "grpc", "port": 81}]),
    service("protocol", [{"name": "dns", "port": 53, "protocol": "UDP"}]),
    service("type", [HTTP], type="NodePort"),
    service("headless", [HTTP]),
    service("node-port", [{**HTTP, "nodePort": 30333}], type="NodePort"),
]
DIFFERENT = {"port", "more", "protocol", "type", "headless"}


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Run two clusters; give a kubeconfig with the contexts ``east`` and ``west``."""
    if reason := missing("kube-apiserver", "etcd"):
        pytest.skip(reason)
    config: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "current-context": "east"}
    config |= {"clusters": [], "contexts": [], "users": [{"name": "admin", "user": {"token": rig.token_of("admin")}}]}
    with ExitStack() as stack:
        for name, services in (("east", EAST), ("west", WEST)):
            api = stack.enter_context(rig.running(tmp_path_factory.mktemp(name)))
            definitions.install(api)
            api.namespace("shop")
            api.namespace("istio-system")
            api.create(services)
            entry = {"server": api.server, "certificate-authority": str(api.authority)}
            config["clusters"].append({"name": name, "cluster": entry})
            config["contexts"].append({"name": name, "context": {"cluster": name, "user": "admin"}})
        path = tmp_path_factory.mktemp("config") / "kubeconfig"
        path.write_text(json.dumps(config))
        path.chmod(0o600)
        yield path


def disagreeing(getmesh: Run, kubeconfig: Path, contexts: str) -> set[str]:
    """Give the Services that getmesh finds to differ."""
    done = getmesh("config-validate", "-c", str(kubeconfig), "--context", contexts, "--select", "IST0170", "-o", "json")
    return {one["object"]["name"] for one in json.loads(done.stdout)["between"]["findings"]}


def test_services_that_differ_are_those_that_istioctl_names(getmesh: Run, kubeconfig: Path) -> None:
    istioctl = program("istioctl")
    if istioctl is None:
        pytest.skip(missing("istioctl"))
    command = [str(istioctl), "analyze", "-A", "-o", "json", "--kubeconfig", str(kubeconfig), "--context", "east"]
    analyzer = ["--remote-contexts", "west", "--analyzer", "services.MultiClusterServiceAnalyzer"]
    done = subprocess.run([*command, *analyzer], capture_output=True, text=True, check=False, timeout=120)
    found = [one["origin"].rpartition("/")[2] for one in json.loads(done.stdout or "[]") if one["code"] == "IST0170"]
    ours = disagreeing(getmesh, kubeconfig, "east,west")
    assert ours == DIFFERENT
    # Node ports are each cluster's own affair, and kubernetes/default stays in its cluster: both are declared.
    assert set(found) - {"kubernetes"} == {*ours, "node-port"}, done.stderr


def test_the_order_of_the_clusters_does_not_matter(getmesh: Run, kubeconfig: Path) -> None:
    assert disagreeing(getmesh, kubeconfig, "west,east") == DIFFERENT


def test_snapshots_of_both_clusters_give_the_same(getmesh: Run, kubeconfig: Path, tmp_path: Path) -> None:
    for name in ("east", "west"):
        done = getmesh("snapshot", "save", str(tmp_path / name), "-c", str(kubeconfig), "--context", name)
        assert done.returncode == 0, done.stderr
    done = getmesh(
        "config-validate", "--snapshot", f"{tmp_path}/east,{tmp_path}/west", "--select", "IST0170", "-o", "json"
    )
    between = json.loads(done.stdout)["between"]["findings"]
    assert {one["object"]["name"] for one in between} == DIFFERENT
