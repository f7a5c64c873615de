"""A Kubernetes API on loopback for reading: lists in pages, metadata only, selectors, reviews, rights, and faults.

It answers as kube-apiserver does where a reader can see it; the tests against the real one hold it to that.
"""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from getmesh.model.kinds import BY_GROUP_KIND, BY_KEY, Kind, split_api_version


@dataclass(frozen=True, slots=True)
class Request:
    """What arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; ``cut`` ends the connection after that many bytes of the body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


Fault = Callable[[Request], Answer | None]


def status(code: int, message: str = "", **headers: str) -> Answer:
    """Give a failure as the API words it."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}
    return Answer(code, json.dumps(body).encode(), headers)


class KubeApi:
    """The objects, the rights of the one user, and what was asked.

    Attributes:
        rights: (namespace or ``*``, plural or ``*``) that may be read; None for an administrator.
        unserved: kinds, by key, that the API does not have.
        faults: tried in order on each request; the first answer wins.
    """

    def __init__(self, objects: list[dict[str, Any]], kubernetes: str = "1.34") -> None:
        self.kubernetes = kubernetes
        self.rights: set[tuple[str, str]] | None = None
        self.unserved: set[str] = set()
        self.faults: list[Fault] = []
        self.asked: list[Request] = []
        self.wants_token = ""
        self.incomplete = False
        self._held: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for obj in objects:
            self.add(obj)

    def add(self, obj: dict[str, Any]) -> None:
        """Hold an object, defaults filled in as the API does: a namespace, and a second copy of it in managedFields."""
        group, _ = split_api_version(obj["apiVersion"])
        kind = BY_GROUP_KIND[group, obj["kind"]]
        meta = {"uid": f"{kind.plural}-{obj['metadata']['name']}", **obj["metadata"]}
        meta["managedFields"] = [{"manager": "kubectl", "fieldsV1": {"f:spec": {"f:x": {}}}}]
        if kind.namespaced:
            meta.setdefault("namespace", "default")
        held = self._held.setdefault((kind.group, kind.plural), [])
        held.append({**obj, "metadata": meta})
        held.sort(key=lambda one: (one["metadata"].get("namespace", ""), one["metadata"]["name"]))

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        self.asked.append(request)
        found = next((found for fault in self.faults if (found := fault(request))), None)
        return found or self._answer(request)

    def _answer(self, request: Request) -> Answer:
        if self.wants_token and request.headers.get("authorization") != f"Bearer {self.wants_token}":
            return status(401, "Unauthorized")
        if request.path == "/version":
            major, minor = self.kubernetes.split(".")
            return _json({"major": major, "minor": minor})
        if request.path == "/apis":
            return _json(self._discovery())
        if "/authorization.k8s.io/" in request.path:
            return _json({"status": self._review(json.loads(request.body)["spec"])}, 201)
        return self._read(request)

    def paths(self, ending: str = "") -> list[str]:
        """Give the paths that were asked for, those with an ending only."""
        return [request.path for request in self.asked if request.path.endswith(ending)]

    def _may(self, namespace: str, plural: str) -> bool:
        if self.rights is None:
            return True
        return bool({(space, what) for space in {"*", namespace} for what in {"*", plural}} & self.rights)

    def _review(self, spec: dict[str, Any]) -> dict[str, Any]:
        asked = spec.get("resourceAttributes")
        if asked is None:
            return self._rules(spec["namespace"])
        return {"allowed": self._may(asked.get("namespace", "*"), asked["resource"])}

    def _rules(self, namespace: str) -> dict[str, Any]:
        if self.incomplete:
            return {"incomplete": True, "resourceRules": []}
        found = [what for space, what in sorted(self.rights or set()) if space in {"*", namespace}]
        rules = [{"verbs": ["get", "list"], "apiGroups": ["*"], "resources": [what]} for what in found]
        return {"incomplete": False, "resourceRules": rules}

    def _discovery(self) -> dict[str, Any]:
        groups: dict[str, dict[str, list[Kind]]] = {}
        for kind in BY_KEY.values():
            if kind.group and kind.key not in self.unserved:
                for version in kind.versions:
                    groups.setdefault(kind.group, {}).setdefault(version, []).append(kind)
        items = [
            {
                "metadata": {"name": group},
                "versions": [
                    {"version": version, "resources": [_resource(kind, version) for kind in kinds]}
                    for version, kinds in versions.items()
                ],
            }
            for group, versions in groups.items()
        ]
        return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}

    def _read(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1], parts[3:])
        namespace = ""
        if len(rest) > 2 and rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        plural, name = rest[0], rest[1] if len(rest) > 1 else ""
        kind = next((kind for kind in BY_KEY.values() if (kind.group, kind.plural) == (group, plural)), None)
        if kind is None or kind.key in self.unserved:
            return status(404, "the server could not find the requested resource")
        space = namespace or (name if plural == "namespaces" and name else "*")
        if not self._may(space, plural):
            return status(403, f'{plural} is forbidden: User "u" cannot list resource "{plural}"')
        held = [
            obj
            for obj in self._held.get((group, plural), [])
            if namespace in ("", obj["metadata"].get("namespace", ""))
        ]
        if name:
            found = next((obj for obj in held if obj["metadata"]["name"] == name), None)
            return _json(found) if found else status(404, f'{plural} "{name}" not found')
        return self._page(request, [obj for obj in held if _selected(obj, request.query)])

    def _page(self, request: Request, held: list[dict[str, Any]]) -> Answer:
        start = int(request.query.get("continue") or 0)
        limit = int(request.query.get("limit") or len(held) or 1)
        page = held[start : start + limit]
        more = str(start + limit) if start + limit < len(held) else ""
        if "PartialObjectMetadataList" in request.headers.get("accept", ""):
            page = [{"metadata": obj["metadata"]} for obj in page]
        return _json({"kind": "List", "metadata": {"resourceVersion": "7", "continue": more}, "items": page})


def _resource(kind: Kind, version: str) -> dict[str, Any]:
    shown = {"group": kind.group, "version": version, "kind": kind.kind}
    return {"resource": kind.plural, "responseKind": shown, "scope": "Namespaced" if kind.namespaced else "Cluster"}


def _selected(obj: dict[str, Any], query: dict[str, str]) -> bool:
    if wanted := query.get("fieldSelector"):
        return bool(obj["metadata"]["name"] == wanted.partition("=")[2])
    if wanted := query.get("labelSelector"):
        key, _, value = wanted.partition("=")
        return bool(obj["metadata"].get("labels", {}).get(key) == value)
    return True


def _json(value: Any, code: int = 200) -> Answer:
    return Answer(code, json.dumps(value).encode())


@contextmanager
def serving(api: KubeApi, kubeconfig: Path, namespace: str = "shop") -> Iterator[str]:
    """Serve the API on loopback and write a kubeconfig for it; give the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = api.answer(Request(self.command, parts.path, query, headers, body))
            data, extra = answer.body, dict(answer.headers)
            if "gzip" in headers.get("accept-encoding", "") and len(data) > 1000:
                data = gzip.compress(data, 1)
                extra["Content-Encoding"] = "gzip"
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(data)), **extra}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(data if answer.cut is None else data[: answer.cut])
            if answer.cut is not None:
                self.wfile.flush()
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    kubeconfig.write_text(
        f"apiVersion: v1\nkind: Config\ncurrent-context: test\n"
        f"clusters: [{{name: c, cluster: {{server: '{address}'}}}}]\n"
        f"users: [{{name: u, user: {{token: secret}}}}]\n"
        f"contexts: [{{name: test, context: {{cluster: c, user: u, namespace: {namespace}}}}}]\n"
    )
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
