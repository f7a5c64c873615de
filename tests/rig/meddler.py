"""A proxy between getmesh and the API that breaks what it is told to break."""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.rig.api import Api


@dataclass(frozen=True, slots=True)
class Break:
    """What happens to one request instead of, or on top of, what the API answers.

    Attributes:
        status: answer with this failure and do not ask the API.
        message: of that failure.
        headers: of that failure.
        cut_after: pass on so many bytes of the API's answer, then end the connection.
        seconds: wait before passing on.
    """

    status: int = 0
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    seconds: float = 0.0


# Told method, path with query, and how many requests for that path came before.
Rule = Callable[[str, str, int], Break | None]


@dataclass(slots=True)
class Meddler:
    """A running proxy.

    Attributes:
        address: what to give as the server.
        asked: paths with queries, in order of arrival.
        rule: decides about each request; None leaves all alone.
    """

    address: str
    asked: list[str] = field(default_factory=list)
    rule: Rule | None = None

    def count(self, part: str) -> int:
        """Give how many requests had this in their path."""
        return sum(part in path for path in self.asked)


@contextmanager
def between(api: Api) -> Iterator[Meddler]:
    """Run the proxy in front of the API."""
    context = ssl.create_default_context(cafile=str(api.authority))
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._pass_on(None)

        def do_POST(self) -> None:
            self._pass_on(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _pass_on(self, body: bytes | None) -> None:
            with lock:
                bare = self.path.partition("?")[0]
                before = sum(path.partition("?")[0] == bare for path in meddler.asked)
                meddler.asked.append(self.path)
            broken = meddler.rule(self.command, self.path, before) if meddler.rule else None
            if broken and broken.status:
                failure = {"kind": "Status", "apiVersion": "v1", "message": broken.message, "code": broken.status}
                self._send(broken.status, json.dumps(failure).encode(), broken.headers)
                return
            connection = http.client.HTTPSConnection("127.0.0.1", api.port, context=context, timeout=60)
            headers = {key: value for key, value in self.headers.items() if key.lower() not in {"host", "connection"}}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
            connection.close()
            if broken and broken.seconds:
                time.sleep(broken.seconds)
            kept = (
                {"Content-Encoding": answer.headers["Content-Encoding"]} if "Content-Encoding" in answer.headers else {}
            )
            self._send(answer.status, data, kept, broken.cut_after if broken else None)

        def _send(self, status: int, data: bytes, headers: dict[str, str], cut: int | None = None) -> None:
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(data)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data if cut is None else data[:cut])
            if cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    meddler = Meddler(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield meddler
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
