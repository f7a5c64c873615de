"""Worlds for the real API: the example mesh, a generated one, and one of any size."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]


def read(folder: Path) -> list[dict[str, Any]]:
    """Give the objects of a folder of YAML files, Namespaces first."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = [
        obj
        for path in sorted(folder.rglob("*.yaml"))
        for obj in yaml.load_all(path.read_bytes(), Loader=loader)
        if isinstance(obj, dict)
    ]
    return sorted(found, key=lambda obj: obj["kind"] != "Namespace")


def example() -> Path:
    """Give the folder of the example mesh."""
    return ROOT / "examples" / "shop"


def generated(folder: Path, namespaces: int, services: int) -> Path:
    """Write a generated mesh with sown faults; give its folder."""
    command: list[str | Path] = [sys.executable, ROOT / "bench" / "make_mesh.py", folder]
    subprocess.run(
        [*command, "--namespaces", str(namespaces), "--services", str(services), "--faults", "0.2"],
        check=True,
        capture_output=True,
    )
    return folder


def large(services: int, namespaces: int) -> Iterator[dict[str, Any]]:
    """Yield a mesh of eight objects a service, two of them Istio's, as the API would hold them."""
    for number in range(namespaces):
        yield _obj("v1", "Namespace", f"team-{number}", "", meta={"labels": {"istio-injection": "enabled"}})
    for number in range(services):
        yield from _service(f"s{number}", f"team-{number % namespaces}", number)


def _service(name: str, space: str, number: int) -> Iterator[dict[str, Any]]:
    labels = {"app": name, "version": "v1"}
    address = f"10.{number >> 15 & 127}.{number >> 7 & 255}.{(number & 127) * 2}"
    ports = [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]
    # One in fifty asks for a subset that does not exist.
    subset = "v1" if number % 50 else "v9"
    container = {"name": "app", "image": f"registry.test/{name}:1", "ports": [{"containerPort": 8080}]}
    proxy = {"name": "istio-proxy", "image": "docker.io/istio/proxyv2:1.31.0", "args": ["proxy", "sidecar"]}
    pod = {"containers": [container, proxy], "serviceAccountName": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    destination = {"destination": {"host": name, "subset": subset, "port": {"number": 80}}}
    yield _obj(
        "v1",
        "Service",
        name,
        space,
        {"selector": {"app": name}, "ports": ports, "type": "ClusterIP", "clusterIP": "None"},
    )
    yield _obj(
        "apps/v1", "Deployment", name, space, {"selector": {"matchLabels": labels}, "template": template, "replicas": 2}
    )
    for copy in ("a", "b"):
        status = {"phase": "Running", "podIP": address, "conditions": [{"type": "Ready", "status": "True"}]}
        meta = {"labels": labels, "annotations": {"sidecar.istio.io/status": '{"revision":"default"}'}}
        yield _obj("v1", "Pod", f"{name}-{copy}", space, pod, meta=meta, status=status)
    endpoints = [{"addresses": [address], "conditions": {"ready": True}}]
    meta = {"labels": {"kubernetes.io/service-name": name}}
    target = [{"name": "http", "port": 8080, "protocol": "TCP"}]
    slice_ = {"addressType": "IPv4", "endpoints": endpoints, "ports": target}
    yield _obj("discovery.k8s.io/v1", "EndpointSlice", f"{name}-1", space, meta=meta, **slice_)
    yield _obj("v1", "ServiceAccount", name, space)
    http = [
        {"match": [{"uri": {"prefix": "/v1"}}], "route": [destination]},
        {"route": [{"destination": {"host": name}}]},
    ]
    yield _obj("networking.istio.io/v1", "VirtualService", name, space, {"hosts": [name], "http": http})
    subsets = [{"name": "v1", "labels": {"version": "v1"}}]
    yield _obj("networking.istio.io/v1", "DestinationRule", name, space, {"host": name, "subsets": subsets})


def _obj(api: str, kind: str, name: str, namespace: str, spec: Any = None, **more: Any) -> dict[str, Any]:
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("meta", {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **({"spec": spec} if spec is not None else {}), **more}
