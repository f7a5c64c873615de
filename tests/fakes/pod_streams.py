"""What listens inside of pods, in memory: istiod's TLS and a proxy's admin page; and a kubelet's WebSocket to them."""

import base64
import hashlib
import http.client
import ssl
import struct
import tempfile
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Protocol

from getmesh.errors import ClusterError
from getmesh.ports.cluster import Stream

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Listener = Callable[[], Stream]
"""Accepts one connection."""


class TlsEnd:
    """A TLS server at the other end of a stream.

    Args:
        identity: its key and chain as PEM.
    """

    def __init__(self, identity: bytes) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            file.write(identity)
            file.flush()
            context.load_cert_chain(file.name)
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._end = context.wrap_bio(self._arrived, self._leaving, server_side=True)

    def send(self, data: bytes) -> None:
        """Take what the client sent."""
        self._arrived.write(data)
        try:
            self._end.do_handshake()
        except ssl.SSLWantReadError:
            return

    def receive(self) -> bytes:
        """Give what the server answers."""
        return self._leaving.read()

    def close(self) -> None:
        """End."""


class HttpEnd:
    """An HTTP server with pages at the other end of a stream; it answers as Envoy does, in chunks, and closes."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        self._pages = pages
        self._left = b""

    def send(self, data: bytes) -> None:
        """Take a request."""
        path = (data.decode("latin-1").split(" ") * 2)[1].partition("?")[0]
        body = self._pages.get(path)
        status = 200 if body is not None else 404
        head = f"HTTP/1.1 {status} {http.client.responses[status]}\r\n"
        head += "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n" if body else b""
        self._left += head.encode() + chunk + b"0\r\n\r\n"

    def receive(self) -> bytes:
        """Give the answer in pieces."""
        piece, self._left = self._left[:1000], self._left[1000:]
        return piece

    def close(self) -> None:
        """End."""


class DeadEnd:
    """A port at which nobody listens."""

    def send(self, data: bytes) -> None:
        """Fail as a kubelet does."""
        raise ClusterError(f"error forwarding port: connection refused after {len(data)} bytes")

    def receive(self) -> bytes:
        """Give nothing."""
        return b""

    def close(self) -> None:
        """End."""


class _Files(Protocol):
    def read(self, size: int, /) -> bytes: ...


def bridge(handler: BaseHTTPRequestHandler, stream: Stream, port: int) -> None:
    """Answer the request of a WebSocket to a port as a kubelet does, until the client leaves."""
    key = handler.headers["Sec-WebSocket-Key"].encode()
    handler.send_response(101)
    handler.send_header("Upgrade", "websocket")
    handler.send_header("Connection", "Upgrade")
    handler.send_header("Sec-WebSocket-Protocol", handler.headers["Sec-WebSocket-Protocol"])
    accepted = hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()
    handler.send_header("Sec-WebSocket-Accept", base64.b64encode(accepted).decode())
    handler.end_headers()
    handler.close_connection = True
    with suppress(OSError):  # the client may leave in the middle of an answer
        for channel in (0, 1):
            handler.wfile.write(_frame(bytes([channel]) + struct.pack("<H", port)))
        while payload := _read_frame(handler.rfile):
            try:
                stream.send(payload[1:])
                while data := stream.receive():
                    handler.wfile.write(_frame(b"\0" + data))
            except ClusterError as error:
                handler.wfile.write(_frame(b"\1" + error.message.encode()))


def _frame(payload: bytes) -> bytes:
    size = len(payload)
    return b"\x82" + (bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size)) + payload


def _read_frame(file: _Files) -> bytes:
    """Give the payload of a client's frame, nothing at the end."""
    head = file.read(2)
    if len(head) < 2 or head[0] & 0x0F == 8:
        return b""
    size = head[1] & 0x7F
    if size == 126:
        (size,) = struct.unpack(">H", file.read(2))
    mask, data = file.read(4), file.read(size)
    return bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
