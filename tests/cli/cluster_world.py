"""A small mesh to be served, and what tests say of the answers to it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.fakes.kube_api import KubeApi

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]

ISTIO = "networking.istio.io/v1"


def obj(api: str, kind: str, name: str, namespace: str = "", spec: Any = None, **more: Any) -> dict[str, Any]:
    """Give an object."""
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("meta", {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **({"spec": spec} if spec is not None else {}), **more}


def route(name: str, namespace: str, host: str, gateway: str = "mesh") -> dict[str, Any]:
    """Give a VirtualService with one destination."""
    http = [{"route": [{"destination": {"host": host}}]}]
    return obj(ISTIO, "VirtualService", name, namespace, {"hosts": [name], "gateways": [gateway], "http": http})


def world() -> list[dict[str, Any]]:
    """Give two namespaces with a broken route each, and one that is fine."""
    labels = {"labels": {"istio-injection": "enabled"}}
    port = {"ports": [{"name": "http", "port": 80}]}
    return [
        obj("v1", "Namespace", "istio-system", meta={"labels": {"istio-injection": "disabled"}}),
        *(obj("v1", "Namespace", name, meta=labels) for name in ("shop", "pay")),
        *(obj("v1", "Service", name, space, port) for name, space in (("cart", "shop"), ("bank", "pay"))),
        route("fine", "shop", "cart"),
        route("wrong", "shop", "crat"),
        route("across", "shop", "bnak.pay.svc.cluster.local"),
        route("broken", "pay", "bnak"),
    ]


class Served:
    """A mesh that is served, and getmesh told to look there.

    Attributes:
        api: what serves it.
        kubeconfig: its only context is ``test``.
    """

    def __init__(self, api: KubeApi, kubeconfig: Path, getmesh: Run) -> None:
        self.api, self.kubeconfig, self._getmesh = api, kubeconfig, getmesh

    def __call__(self, *arguments: str, **more: Any) -> Done:
        """Run getmesh; it never shows a traceback."""
        done = self._getmesh(*arguments, KUBECONFIG=str(self.kubeconfig), **more)
        assert "Traceback" not in done.stderr
        return done


def write(folder: Path, *objects: dict[str, Any]) -> str:
    """Write objects into a file; give its name."""
    path = folder / "files.yaml"
    path.write_text(yaml.safe_dump_all(objects))
    return str(path)


def report(done: Done) -> dict[str, Any]:
    """Give the JSON that was printed."""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def seen(done: Done) -> set[tuple[str, str]]:
    """Give (code, namespace/name) of the findings."""
    return {(one["code"], f"{one['object']['namespace']}/{one['object']['name']}") for one in report(done)["findings"]}


HOSTS = ("--select", "KIA1101")
WRONG = ("KIA1101", "shop/wrong")
ACROSS = ("KIA1101", "shop/across")
BROKEN = ("KIA1101", "pay/broken")
