"""A Kubernetes API that keeps Secrets as the real one does, and fails where a test wants it to.

``SecretsApi`` answers calls of the port; ``served`` puts it behind a real address with a kubeconfig.
"""

import json
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from getmesh.errors import ClusterError
from getmesh.ports.cluster import ClusterRefused, Stream
from tests.fakes.pod_streams import Listener, bridge

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
Fault = Callable[[str, str], str]
"""Says what happens to a call (method, path): ``""``, ``cut`` or ``kill`` before, ``lost`` after, or a status."""


class Killed(BaseException):
    """The process ends here, as after SIGKILL: nothing of ours runs any more."""


class SecretsApi:
    """Objects by path, with versions; ``calls`` has every call that came in.

    ``listeners`` has who listens inside of pods, by ``namespace/pod:port``.
    """

    server = "https://cluster.test"
    namespace = "default"

    def __init__(self, *namespaces: str) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.denied: set[tuple[str, str]] = set()
        self.calls: list[tuple[str, str]] = []
        self.listeners: dict[str, Listener] = {}
        self.fault: Fault = lambda _method, _path: ""
        self._version = 100
        for name in namespaces or ("istio-system",):
            self.put(f"/api/v1/namespaces/{name}", {"kind": "Namespace", "metadata": {"name": name}})

    def put(self, path: str, value: dict[str, Any]) -> dict[str, Any]:
        """Set an object as if somebody else did."""
        self._version += 1
        metadata = {**value.get("metadata", {}), "resourceVersion": str(self._version)}
        metadata.setdefault("uid", f"uid-{self._version}")
        self.objects[path] = {**value, "metadata": metadata}
        return self.objects[path]

    def put_secret(
        self, name: str, data: Mapping[str, bytes], namespace: str = "istio-system", **fields: Any
    ) -> dict[str, Any]:
        """Set a Secret; fields such as ``type``, ``immutable``, ``labels``, ``annotations``."""
        metadata: dict[str, Any] = {"name": name, "namespace": namespace}
        metadata |= {key: fields.pop(key) for key in ("labels", "annotations") if key in fields}
        encoded = {key: b64encode(text).decode() for key, text in data.items()}
        value = {"kind": "Secret", "type": "Opaque", **fields, "metadata": metadata, "data": encoded}
        return self.put(f"/api/v1/namespaces/{namespace}/secrets/{name}", value)

    def secret(self, name: str, namespace: str = "istio-system") -> dict[str, Any] | None:
        """Give a Secret as stored."""
        return self.objects.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")

    def names(self) -> list[str]:
        """Give the names of all Secrets."""
        return sorted(path.rpartition("/")[2] for path in self.objects if "/secrets/" in path)

    def get(self, path: str, query: Mapping[str, str] | None = None, **_: Any) -> bytes:
        """Give an object, or all objects below a path."""

        def answer() -> Any:
            if path in self.objects:
                return self.objects[path]
            items = [value for key, value in sorted(self.objects.items()) if self._within(key, path)]
            selector = (query or {}).get("labelSelector", "")
            if items or path.rpartition("/")[2] in {"pods", "deployments", "configmaps", "namespaces"}:
                key, _, wanted = selector.partition("=")
                chosen = [one for one in items if not key or one["metadata"].get("labels", {}).get(key) == wanted]
                return {"items": chosen, "metadata": {}}
            raise self._refuse(path, 404)

        return self._call("GET", path, answer)

    def post(self, path: str, body: bytes) -> bytes:
        """Answer a review."""

        def answer() -> Any:
            wanted = json.loads(body)["spec"]["resourceAttributes"]
            return {"status": {"allowed": (wanted["verb"], wanted["resource"]) not in self.denied}}

        return self._call("POST", path, answer)

    def forward(self, namespace: str, pod: str, port: int) -> Stream:
        """Give a connection into a pod."""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/portforward"
        self._call("GET", path, lambda: "")
        listener = self.listeners.get(f"{namespace}/{pod}:{port}")
        if listener is None:
            raise self._refuse(path, 404)
        return listener()

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        *,
        media: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        """Change an object as the API would: versions are compared, types and immutable data stay."""
        del media
        dry = (query or {}).get("dryRun") == "All"
        value = json.loads(body) if body else {}
        actions = {"POST": self._create, "PUT": self._replace, "DELETE": self._delete, "PATCH": self._patch}
        return self._call(method, path, lambda: actions[method](path, value, dry))

    def _create(self, path: str, value: dict[str, Any], dry: bool) -> Any:
        full = f"{path}/{value['metadata'].get('name') or value['metadata'].get('generateName')}"
        if full in self.objects:
            raise self._refuse(full, 409)
        return value if dry else self.put(full, value)

    def _replace(self, path: str, value: dict[str, Any], dry: bool) -> Any:
        present = self.objects.get(path)
        if present is None:
            raise self._refuse(path, 404)
        version = value["metadata"].get("resourceVersion")
        if version and version != present["metadata"]["resourceVersion"]:
            raise self._refuse(path, 409)
        if value.get("type") != present.get("type") or (present.get("immutable") and value["data"] != present["data"]):
            raise self._refuse(path, 422)
        value["metadata"].setdefault("uid", present["metadata"]["uid"])
        return value if dry else self.put(path, value)

    def _delete(self, path: str, value: dict[str, Any], dry: bool) -> Any:
        present = self.objects.get(path)
        if present is None:
            raise self._refuse(path, 404)
        conditions = value.get("preconditions") or {}
        if any(present["metadata"].get(key) != wanted for key, wanted in conditions.items() if wanted):
            raise self._refuse(path, 409)
        return present if dry else self.objects.pop(path)

    def _patch(self, path: str, value: dict[str, Any], dry: bool) -> Any:
        present = self.objects.get(path)
        if present is None:
            raise self._refuse(path, 404)
        return present if dry else self.put(path, _merged(present, value))

    def _call(self, method: str, path: str, answer: Callable[[], Any]) -> bytes:
        self.calls.append((method, path))
        fault = self.fault(method, path)
        if fault == "cut":
            raise ClusterError("the connection was cut")
        if fault == "kill":
            raise Killed
        if fault.isdigit():
            raise self._refuse(path, int(fault))
        body = json.dumps(answer()).encode()
        if fault == "lost":
            raise ClusterError("no answer in time")
        if fault == "lost-kill":
            raise Killed
        return body

    @staticmethod
    def _within(key: str, path: str) -> bool:
        if key.startswith(path + "/"):
            return "/" not in key[len(path) + 1 :]
        kind = path.rpartition("/")[2]
        return "/namespaces/" not in path and f"/{kind}/" in key and key.startswith(path.rpartition("/")[0])

    @staticmethod
    def _refuse(path: str, status: int) -> ClusterRefused:
        return ClusterRefused(f"{path}: the API answered {status}", status)


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    both = dict(old)
    for key, value in new.items():
        inside = both.get(key)
        both[key] = _merged(inside if isinstance(inside, dict) else {}, value) if isinstance(value, dict) else value
    return both


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over callers who were killed; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def served(api: SecretsApi, kubeconfig: Path) -> Iterator[str]:
    """Serve the API on loopback and write a kubeconfig for it; give the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            if len(body or b"") < length:  # the caller was killed while it spoke
                self.close_connection = True
                return
            try:
                if parts.path.endswith("/portforward"):
                    namespace, pod, port = parts.path.split("/")[4], parts.path.split("/")[6], int(query["ports"])
                    bridge(self, api.forward(namespace, pod, port), port)
                    return
                if self.command == "GET":
                    status, answer = 200, api.get(parts.path, query)
                elif parts.path == REVIEWS:
                    status, answer = 201, api.post(parts.path, body or b"{}")
                else:
                    status, answer = 200, api.send(self.command, parts.path, body, query=query)
            except ClusterRefused as error:
                status, answer = error.status, json.dumps({"message": "refused by the test"}).encode()
            except ClusterError:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer  # noqa: N815 - names of the base class

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    kubeconfig.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n"
        f"clusters: [{{name: c, cluster: {{server: {address}}}}}]\n"
        "users: [{name: u, user: {token: secret}}]\n"
        "contexts: [{name: test, context: {cluster: c, user: u, namespace: shop}}]\n"
    )
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
