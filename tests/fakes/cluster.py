"""A Kubernetes API on loopback that knows pods, versions, rights, and how to refuse.

``FakeApi`` answers requests; ``served`` puts it behind a real port with a kubeconfig for it.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from getmesh.ports.cluster import ClusterRefused


def pod(
    name: str,
    namespace: str,
    container: str,
    image: str,
    labels: dict[str, str] | None = None,
    phase: str = "Running",
) -> dict[str, Any]:
    """Give a pod with one container of interest."""
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
        "spec": {"containers": [{"name": "app", "image": "shop:1"}, {"name": container, "image": image}]},
        "status": {"phase": phase},
    }


def istiod(version: str, revision: str = "default", namespace: str = "istio-system") -> dict[str, Any]:
    """Give a control plane's pod."""
    labels = {"app": "istiod", "istio.io/rev": revision}
    return pod(f"istiod-{revision}-1", namespace, "discovery", f"docker.io/istio/pilot:{version}", labels)


def proxy(name: str, version: str, namespace: str = "shop", revision: str = "default") -> dict[str, Any]:
    """Give a pod with a sidecar."""
    return pod(name, namespace, "istio-proxy", f"docker.io/istio/proxyv2:{version}", {"istio.io/rev": revision})


def deployment(name: str, revision: str = "default", **status: int) -> dict[str, Any]:
    """Give a control plane's deployment of one replica, with more of its status."""
    labels = {"app": "istiod", "istio.io/rev": revision}
    return {
        "metadata": {"name": name, "labels": labels, "generation": 1},
        "spec": {"replicas": 1},
        "status": {"observedGeneration": 1, **status},
    }


def ready(name: str = "istiod", revision: str = "default") -> dict[str, Any]:
    """Give a control plane's deployment that is ready."""
    return deployment(name, revision, replicas=1, updatedReplicas=1, availableReplicas=1)


class FakeApi:
    """What the cluster holds, and what it was asked."""

    server = "https://cluster.test"
    namespace = "default"

    def __init__(self, *pods: dict[str, Any], kubernetes: str = "1.33") -> None:
        self.pods = list(pods)
        self.kubernetes = kubernetes
        self.forbidden: set[str] = set()
        self.denied: set[str] = set()
        self.answers: dict[str, bytes] = {}
        self.deployments: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[str, str]] = []
        self.page = 500

    def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """Answer a GET."""
        self.asked.append(("GET", path))
        if path in self.forbidden:
            raise ClusterRefused(f"{path}: the API answered 403", 403)
        if path in self.answers:
            return self.answers[path]
        if path == "/version":
            major, minor = self.kubernetes.split(".")
            return json.dumps({"major": major, "minor": f"{minor}+"}).encode()
        if path == "/api/v1/namespaces":
            names = sorted({pod["metadata"]["namespace"] for pod in self.pods})
            return json.dumps({"items": [{"metadata": {"name": name}} for name in names]}).encode()
        if path.endswith("/pods"):
            return self._list(path, query or {})
        if path.endswith("/deployments"):
            found = self.deployments.get(path.split("/")[-2], [])
            return json.dumps({"items": _select(found, (query or {}).get("labelSelector", ""))}).encode()
        raise ClusterRefused(f"{path}: the API answered 404", 404)

    def post(self, path: str, body: bytes) -> bytes:
        """Answer an access review."""
        self.asked.append(("POST", path))
        asked = json.loads(body)["spec"]["resourceAttributes"]
        verb, resource = asked["verb"], asked["resource"]
        denied = [entry.rpartition(" ") for entry in self.denied]  # "services", or "patch services" for one verb
        hits = [how for how, _, what in denied if resource in {"*", what} and (verb in {"*", how} or not how)]
        return json.dumps({"status": {"allowed": not hits}}).encode()

    def _list(self, path: str, query: Mapping[str, str]) -> bytes:
        parts = path.split("/")
        namespace = parts[4] if len(parts) > 4 and parts[3] == "namespaces" else None
        found = [pod for pod in self.pods if namespace in {None, pod["metadata"]["namespace"]}]
        found = _select(found, query.get("labelSelector", ""))
        start = int(query.get("continue") or 0)
        rest = str(start + self.page) if start + self.page < len(found) else ""
        return json.dumps({"items": found[start : start + self.page], "metadata": {"continue": rest}}).encode()


def _select(items: list[dict[str, Any]], selector: str) -> list[dict[str, Any]]:
    wanted = [part.partition("=")[::2] for part in selector.split(",") if part]
    return [item for item in items if all(item["metadata"]["labels"].get(key) == value for key, value in wanted)]


@contextmanager
def served(api: FakeApi, kubeconfig: Path, context: str = "test") -> Iterator[str]:
    """Serve the API on loopback and write a kubeconfig for it; give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    kubeconfig.write_text(
        f"apiVersion: v1\nkind: Config\ncurrent-context: {context}\n"
        f"clusters: [{{name: c, cluster: {{server: {address}}}}}]\n"
        f"users: [{{name: u, user: {{token: secret}}}}]\n"
        f"contexts: [{{name: {context}, context: {{cluster: c, user: u, namespace: shop}}}}]\n"
    )
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self._answer(lambda: api.get(parts.path, query))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(lambda: api.post(self.path, body))

        def _answer(self, call: Any) -> None:
            try:
                status, body = 200, call()
            except ClusterRefused as error:
                status, body = error.status, b"{}"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
            """Say nothing."""

    return Handler
