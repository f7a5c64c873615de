"""A real HTTPS server on loopback with an own certificate authority, and a real CONNECT proxy before it.

Behaviour is set by path: files with ETag and ranges, and plans that are used up request by request, such as "answer
503, then break off after 1000 bytes, then behave".
"""

import datetime as dt
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = ("localhost", "github.com", "objects.githubusercontent.com", "blob.istio.io")
CHUNK = 1 << 16


class Plan:
    """What one request gets instead of the file.

    Attributes:
        status: answered with this status.
        headers: added to the answer.
        body: sent instead of the file's content.
        cut: the connection ends after that many bytes of the body.
        pause: seconds of silence before the body.
    """

    def __init__(
        self,
        status: int = 200,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        cut: int | None = None,
        pause: float = 0,
    ) -> None:
        self.status = status
        self.headers = headers or {}
        self.body = body
        self.cut = cut
        self.pause = pause


class Site:
    """Content and behaviour of a server, and what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.plans: dict[str, list[Plan]] = {}
        self.always: dict[str, Plan] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.port = 0

    def url(self, path: str, host: str = "localhost") -> str:
        """Give the address of a path."""
        return f"https://{host}:{self.port}{path}"

    def asked(self, path: str) -> list[dict[str, str]]:
        """Give the headers of each request of a path."""
        return [headers for asked, headers in self.requests if asked == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: ClassVar[Site]

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.site.requests.append((path, {name.lower(): value for name, value in self.headers.items()}))
        waiting = self.site.plans.get(path) or []
        plan = waiting.pop(0) if waiting else self.site.always.get(path, Plan())
        content = plan.body if plan.body is not None else self.site.files.get(path)
        if content is None and plan.status == 200:
            plan = Plan(404)
        self._answer(plan, content if plan.status == 200 and content is not None else plan.body or b"")

    def _answer(self, plan: Plan, content: bytes) -> None:
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        start, status = self._start(plan, tag, len(content))
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        headers = {"Content-Length": str(len(content) - start), "ETag": tag, **plan.headers}
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if plan.pause:
            time.sleep(plan.pause)
        self._send(content[start:], plan.cut)

    def _start(self, plan: Plan, tag: str, size: int) -> tuple[int, int]:
        asked = self.headers.get("Range", "")
        if plan.status == 200 and asked.startswith("bytes=") and self.headers.get("If-Range", tag) == tag:
            start = int(asked.removeprefix("bytes=").partition("-")[0])
            return (start, 206) if start < size else (size, 416)
        return 0, plan.status

    def _send(self, body: bytes, cut: int | None) -> None:
        try:
            if cut is None:
                self.wfile.write(body)
                return
            self.wfile.write(body[:cut])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's signature
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler: type[_Handler], context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(("127.0.0.1", 0), handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        # The handshake belongs into the connection's own thread: a silent client must not stop the others.
        try:
            wrapped = self._context.wrap_socket(request, server_side=True)
        except OSError:
            return
        with wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no failure of the server."""


class Authority:
    """A certificate authority made for one test run.

    Args:
        folder: where ``ca.pem`` and the server's certificate and key are written.
    """

    def __init__(self, folder: Path) -> None:
        self.ca_file = folder / "ca.pem"
        self.chain_file = folder / "server.pem"
        key, ca_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "getmesh test authority")])
        ca = _certificate(ca_name, ca_name, ca_key, ca_key, names=())
        leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        leaf = _certificate(leaf_name, ca_name, key, ca_key, names=NAMES)
        pem = serialization.Encoding.PEM
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.ca_file.write_bytes(ca.public_bytes(pem))
        self.chain_file.write_bytes(leaf.public_bytes(pem) + secret)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...],
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    authority = not names
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if authority:
        usage = dict.fromkeys(_USAGES, False) | {"key_cert_sign": True, "crl_sign": True}
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    else:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(signer, hashes.SHA256())


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@contextmanager
def serve(authority: Authority) -> Iterator[Site]:
    """Serve a site until the context is left."""
    site = Site()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.chain_file)
    handler = type("_SiteHandler", (_Handler,), {"site": site})
    server = _Server(handler, context)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class Proxy:
    """A CONNECT proxy that leads every host to one local port; remembers what it was asked."""

    def __init__(self, target: int) -> None:
        self.asked: list[str] = []
        self.headers: list[str] = []
        self._target = target
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        with client:
            request = b""
            while b"\r\n\r\n" not in request:
                request += client.recv(4096) or b"\r\n\r\n"
            line, _, rest = request.decode("latin-1").partition("\r\n")
            self.asked.append(line.split(" ")[1] if " " in line else line)
            self.headers.append(rest)
            with socket.create_connection(("127.0.0.1", self._target)) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)
                back.join(timeout=10)


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
