"""A proxy's admin port on loopback, with a configuration dump."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def admin_page(dump: bytes) -> Iterator[int]:
    """Serve a dump at ``/config_dump``; give the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.partition("?")[0] == "/config_dump"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(dump if found else b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
