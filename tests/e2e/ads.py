"""Meshes for a real istiod, written in short, and what it sends to each of their proxies.

A file of ``meshes`` holds namespaces, nodes and pods in short, what changes, and then plain objects. There are no
controllers behind the API, so pods get their status, and Services their EndpointSlices, from here.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.rig import api as rig
from tests.rig import istiod as plane
from tests.rig.programs import program

Answer = dict[str, set[tuple[Any, ...]]]
MESHES: Final = Path(__file__).parent / "meshes"


def put_labels(api: rig.Api, name: str, labels: dict[str, str]) -> None:
    """Give a namespace these labels, beside the one that the API puts; an empty text takes a label away."""
    held = api.call("GET", f"/api/v1/namespaces/{name}")
    held["metadata"]["labels"] = {key: value for key, value in labels.items() if value}
    api.call("PUT", f"/api/v1/namespaces/{name}", held)


def node(item: tuple[str, dict[str, str]]) -> dict[str, Any]:
    """Give a node with labels."""
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": item[0], "labels": item[1]}}


def pod(given: dict[str, Any]) -> dict[str, Any]:
    """Give a running pod; with a sidecar unless it says otherwise."""
    namespace, name = given["at"].split("/")
    proxy, ready = given.get("proxy", "sidecar"), given.get("ready", True)
    ports = [{"name": "rpc", "containerPort": 9090}]
    containers = [{"name": "app", "image": "registry.test/app:1", "ports": ports}]
    if proxy:
        image = "registry.test/proxyv2:1"
        containers.append({"name": "istio-proxy", "image": image, "args": ["proxy", proxy]})
    annotations = {"sidecar.istio.io/interceptionMode": given["mode"]} if "mode" in given else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels_of(given), "annotations": annotations},
        "spec": {"containers": containers, **({"nodeName": given["node"]} if "node" in given else {})},
        "status": {
            "phase": "Running",
            "podIP": given["ip"],
            "podIPs": [{"ip": given["ip"]}],
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def labels_of(given: dict[str, Any]) -> dict[str, str]:
    """Give a pod's labels, that of injection among them."""
    injected = {"security.istio.io/tlsMode": "istio"} if given.get("proxy", "sidecar") else {}
    return {**given["labels"], **injected}


def slices(obj: dict[str, Any], pods: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the slice of a Service with a selector, as the controller of Kubernetes would write it."""
    selector = obj.get("spec", {}).get("selector")
    if obj["kind"] != "Service" or not selector:
        return
    namespace, name = obj["metadata"]["namespace"], obj["metadata"]["name"]
    endpoints = []
    for given in pods:
        where, _, who = given["at"].partition("/")
        if where == namespace and selector.items() <= given["labels"].items():
            ready = given.get("ready", True)
            endpoints.append({
                "addresses": [given["ip"]],
                "conditions": {"ready": ready, "serving": ready, "terminating": False},
                "targetRef": {"kind": "Pod", "name": who, "namespace": where},
                **({"nodeName": given["node"]} if "node" in given else {}),
            })  # fmt: skip
    ports = [
        {
            "name": port.get("name", ""),
            "protocol": port.get("protocol", "TCP"),
            "port": {"rpc": 9090}.get(port.get("targetPort"), port.get("targetPort", port["port"])),
        }
        for port in obj["spec"]["ports"]
    ]
    meta = {"name": f"{name}-1", "namespace": namespace, "labels": {"kubernetes.io/service-name": name}}
    yield {
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta,
        "addressType": "IPv4", "ports": ports, "endpoints": endpoints,
    }  # fmt: skip


def touch_slices(api: rig.Api) -> None:
    """Have istiod read every slice again: one that it meets before its Service is judged otherwise, at a start only."""
    for obj in api.call("GET", "/apis/discovery.k8s.io/v1/endpointslices")["items"]:
        meta = obj["metadata"]
        meta.setdefault("annotations", {})["rig.test/touched"] = "yes"
        api.call("PUT", f"/apis/discovery.k8s.io/v1/namespaces/{meta['namespace']}/endpointslices/{meta['name']}", obj)


def asked(istiod: plane.Istiod, pods: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Ask istiod as each proxy, gateways first, since it may hand a sidecar's scope on to them."""
    wanted = sorted((given for given in pods if given.get("proxy", "sidecar")), key=lambda given: "proxy" not in given)
    lines = []
    for given in wanted:
        namespace, name = given["at"].split("/")
        metadata = {
            "NAMESPACE": namespace,
            "CLUSTER_ID": "Kubernetes",
            "LABELS": labels_of(given),
            "NODE_NAME": given.get("node", ""),
            "INTERCEPTION_MODE": given.get("mode", "REDIRECT"),
            "ENVOY_STATUS_PORT": 15021,
            "ENVOY_PROMETHEUS_PORT": 15090,
        }
        kind = given.get("proxy", "sidecar")
        lines.append({"type": kind, "ip": given["ip"], "name": name, "namespace": namespace, "metadata": metadata})
    done = subprocess.run(
        [str(program("adsprobe")), "--address", f"127.0.0.1:{istiod.discovery}"],
        input="\n".join(map(json.dumps, lines)), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers = map(json.loads, done.stdout.splitlines())
    return {given["at"]: answer for given, answer in zip(wanted, answers, strict=True)}


def sent(istiod: plane.Istiod, pods: list[dict[str, Any]]) -> dict[str, Answer]:
    """Give the clusters and endpoints that istiod sends to each proxy."""
    return {name: istiods(answer) for name, answer in asked(istiod, pods).items()}


def istiods(answer: dict[str, Any]) -> Answer:
    """Bring istiod's answer into the form of a comparison."""
    rows = answer["endpoints"]
    return {
        "clusters": {(item["name"], item["type"], rule_of(item["destinationRule"])) for item in answer["clusters"]},
        "endpoints": {
            (row["cluster"], row["address"], row["port"], "HEALTHY" if row["health"] == "UNKNOWN" else row["health"])
            for row in rows
        },
    }


def rule_of(path: str) -> str:
    """Give ``NAME.NAMESPACE`` of ``/apis/networking.istio.io/v1alpha3/namespaces/NAMESPACE/destination-rule/NAME``."""
    *_, namespace, _, name = path.rpartition("/namespaces/")[2].split("/") if path else ("", "", "")
    return f"{name}.{namespace}" if path else ""
