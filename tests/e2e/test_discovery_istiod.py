"""A real istiod, asked over ADS as each proxy would: it sends the clusters and endpoints that getmesh computes.

Meshes are in ``meshes``; a file holds namespaces, nodes and pods in short, what changes, and then plain objects. There
are no controllers behind the API, so pods get their status, and Services their EndpointSlices, from here.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.rig import api as rig
from tests.rig import definitions
from tests.rig import istiod as plane
from tests.rig.programs import missing, program

pytestmark = pytest.mark.e2e

Run = Callable[..., subprocess.CompletedProcess[str]]
Answer = dict[str, set[tuple[Any, ...]]]
MESHES: Final = Path(__file__).parent / "meshes"
BOOTSTRAP: Final = frozenset({"agent", "prometheus_stats", "sds-grpc", "xds-grpc"})
SETTLED_SECONDS: Final = 30


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rig.Api]:
    """Give an API of this module's own: whatever else it held, istiod would send too."""
    if reason := missing("kube-apiserver", "etcd", "istiod", "adsprobe"):
        pytest.skip(reason)
    with rig.running(tmp_path_factory.mktemp("ads")) as found:
        definitions.install(found, gateways=False)
        yield found


@pytest.fixture(params=sorted(path.stem for path in MESHES.glob("*.yaml")))
def mesh(request: pytest.FixtureRequest, api: rig.Api) -> Iterator[dict[str, Any]]:
    """Load a mesh into the API, and take it away afterwards."""
    head, *objects = yaml.safe_load_all((MESHES / f"{request.param}.yaml").read_text())
    for name, labels in head["namespaces"].items():
        api.namespace(name)
        put_labels(api, name, labels)
    written = [*map(node, head["nodes"].items()), *map(pod, head["pods"]), *objects]
    written += [part for obj in objects for part in slices(obj, head["pods"])]
    api.create(written)
    yield head
    for obj in written:
        api.call("DELETE", f"{rig.path_of(obj)}/{obj['metadata']['name']}", {"gracePeriodSeconds": 0})
    for name in head["namespaces"]:
        put_labels(api, name, {})


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
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels_of(given)},
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


def sent(istiod: plane.Istiod, pods: list[dict[str, Any]]) -> dict[str, Answer]:
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
            "INTERCEPTION_MODE": "REDIRECT",
        }
        kind = given.get("proxy", "sidecar")
        lines.append({"type": kind, "ip": given["ip"], "name": name, "namespace": namespace, "metadata": metadata})
    done = subprocess.run(
        [str(program("adsprobe")), "--address", f"127.0.0.1:{istiod.discovery}"],
        input="\n".join(map(json.dumps, lines)), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers = map(json.loads, done.stdout.splitlines())
    return {given["at"]: istiods(answer) for given, answer in zip(wanted, answers, strict=True)}


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


def computed(getmesh: Run, api: rig.Api, config: Path) -> dict[str, Answer]:
    """Ask getmesh, which reads the same API."""
    done = getmesh(
        "discovery", "all", "-o", "json", "--kubeconfig", str(api.kubeconfig()), "--mesh-config", str(config)
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Answer] = {}
    for view in json.loads(done.stdout):
        proxy = view["proxy"]
        found[f"{proxy['namespace']}/{proxy['name']}"] = {
            "clusters": {
                (item["name"], item["type"], item["destinationRule"])
                for item in view["clusters"]
                if item["name"] not in BOOTSTRAP
            },
            "endpoints": {
                (row["cluster"], row["address"], row["port"], row["health"])
                for row in view["endpoints"]
                if row["cluster"] not in BOOTSTRAP
            },
        }
    return found


def differences(theirs: dict[str, Answer], ours: dict[str, Answer]) -> str:
    """Say what only one of the two has, a line each."""
    found = []
    for proxy in sorted(theirs.keys() | ours.keys()):
        for part in ("clusters", "endpoints"):
            left, right = theirs.get(proxy, {}).get(part, set()), ours.get(proxy, {}).get(part, set())
            found += [f"{proxy}: only istiod has {item}" for item in sorted(left - right)]
            found += [f"{proxy}: only getmesh has {item}" for item in sorted(right - left)]
    return "\n".join(found)


def settled(istiod: plane.Istiod, pods: list[dict[str, Any]], ours: dict[str, Answer]) -> dict[str, Answer]:
    """Give istiod's answers once they are those that getmesh computed, or the last ones after a while."""
    end = time.monotonic() + SETTLED_SECONDS
    while True:
        theirs = sent(istiod, pods)
        if theirs == ours or time.monotonic() > end:
            return theirs
        time.sleep(0.3)


def test_every_proxy_is_sent_what_getmesh_computes_before_and_after_selectors_and_labels_change(
    mesh: dict[str, Any], api: rig.Api, getmesh: Run, tmp_path: Path
) -> None:
    config = tmp_path / "mesh.yaml"
    before = yaml.safe_dump(mesh["mesh"])
    with plane.running(api, tmp_path, mesh=before) as istiod:
        touch_slices(api)
        ours = [computed(getmesh, api, config)]
        theirs = [settled(istiod, mesh["pods"], ours[0])]
        assert not differences(theirs[0], ours[0])

        config.write_text(yaml.safe_dump({**mesh["mesh"], "discoverySelectors": mesh["selectors"]}))
        ours.append(computed(getmesh, api, config))
        theirs.append(settled(istiod, mesh["pods"], ours[1]))
        assert not differences(theirs[1], ours[1])

        for name, labels in mesh["label"].items():
            put_labels(api, name, {**mesh["namespaces"][name], **labels})
        ours.append(computed(getmesh, api, config))
        theirs.append(settled(istiod, mesh["pods"], ours[2]))
        assert not differences(theirs[2], ours[2])
    assert theirs[0] != theirs[1]
    assert theirs[1] != theirs[2]
    assert all(answer["clusters"] for state in theirs for answer in state.values())
