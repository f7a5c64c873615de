"""An identity provider (OpenID Connect) on loopback: says where its tokens come from, and renews them once each."""

import json
import ssl
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs

from tests.fakes.https_server import Authority


def token(end: float) -> str:
    """Give a token that ends at a time; nobody has signed it."""
    parts: tuple[dict[str, object], ...] = ({"alg": "none"}, {"exp": int(end)}, {})
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


@dataclass(slots=True)
class Provider:
    """A running provider.

    Attributes:
        address: what ``idp-issuer-url`` names.
        fresh: the token that it gives for ``refresh-1``; ``refresh-2`` renews next time.
        asked: forms of the requests for tokens, with the header that says who asks.
    """

    address: str
    fresh: str
    asked: list[dict[str, str]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    found: ClassVar[Provider]

    def do_GET(self) -> None:
        here = self.found.address
        more = {"jwks_uri": f"{here}/keys", "authorization_endpoint": f"{here}/login"}
        self._send(200, {"issuer": here, "token_endpoint": f"{here}/token", **more})

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        flat = {key: values[0] for key, values in form.items()}
        self.found.asked.append({**flat, "authorization": self.headers.get("Authorization", "")})
        if flat.get("refresh_token") != "refresh-1":
            self._send(400, {"error": "invalid_grant"})
            return
        renewed = {"id_token": self.found.fresh, "refresh_token": "refresh-2", "access_token": "a"}
        self._send(200, {**renewed, "token_type": "Bearer", "expires_in": 60})

    def _send(self, status: int, value: dict[str, object]) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        """Say nothing."""


@contextmanager
def provider(authority: Authority, fresh: str) -> Iterator[Provider]:
    """Run it."""

    class Handler(_Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.chain_file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Handler.found = Provider(f"https://localhost:{server.server_address[1]}", fresh)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield Handler.found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
