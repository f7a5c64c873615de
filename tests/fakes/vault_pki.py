"""The PKI engine of Vault on loopback: three ways to log in, real signatures, its habits and its errors."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509

from getmesh.ca import pem
from tests.fakes.authorities import Authority, sign_csr

TOKEN = "hvs.test"


class FakeVault:
    """One mount with one issuer; ``calls`` has (method, path, headers)."""

    def __init__(self, issuer: Authority, *above: Authority, mount: str = "pki", name: str = "") -> None:
        self.issuer, self.chain = issuer, [issuer, *above]
        self.mount, self.name = mount, name
        self.calls: list[tuple[str, str, dict[str, str]]] = []
        self.logins: list[dict[str, Any]] = []
        self.capabilities = ["update"]
        self.most_days = 3650
        self.garbage = False

    @property
    def path(self) -> str:
        """The path that signs."""
        return (
            f"{self.mount}/issuer/{self.name}/sign-intermediate"
            if self.name
            else f"{self.mount}/root/sign-intermediate"
        )

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer one call: status and document."""
        if path.startswith("auth/") and path.endswith("/login"):
            self.logins.append({"path": path, **body})
            return 200, {"auth": {"client_token": TOKEN}}
        if path.endswith(("/json", "/cert/ca")):
            texts = [one.pem.decode() for one in self.chain]
            return 200, {"data": {"certificate": texts[0], "ca_chain": texts}}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        if path == "sys/capabilities-self":
            return 200, dict.fromkeys(body["paths"], self.capabilities)
        if method in {"POST", "PUT"} and path == self.path:
            return self._sign(body)
        return 404, {"errors": []}

    def _sign(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.garbage:
            return 200, {"data": {"certificate": "garbage"}}
        length = self.issuer.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
        if length == 0:
            return 400, {"errors": ["signing certificate has a max path length of zero"]}
        days = float(body["ttl"].removesuffix("h")) / 24
        warnings = []
        if days > self.most_days:
            days = self.most_days
            warnings.append("TTL is longer than permitted maxTTL, so maxTTL is being used")
        made = sign_csr(body["csr"].encode(), self.issuer, days=days, length=body["max_path_length"])
        text = pem.encode([made]).decode()
        chain = [text, *(one.pem.decode() for one in self.chain)]
        data = {"certificate": text, "ca_chain": chain, "issuing_ca": chain[1], "serial_number": "01:02"}
        return 200, {"data": data, "warnings": warnings or None}


@contextmanager
def served(fake: FakeVault) -> Iterator[str]:
    """Serve on loopback; give the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            path = self.path.removeprefix("/v1/")
            fake.calls.append((self.command, path, dict(self.headers)))
            status, document = fake.answer(self.command, path, self.headers.get("X-Vault-Token", ""), body)
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - names of the base class

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
