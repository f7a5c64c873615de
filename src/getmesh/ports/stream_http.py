"""A page of a server that is reached through a stream instead of an address, such as a proxy's admin port."""

import http.client
import io
from typing import Any

from getmesh.errors import ClusterError
from getmesh.ports.cluster import Stream

_FINE = 200
_MOST_BYTES = 64 << 20


def page(stream: Stream, path: str, label: str) -> bytes:
    """Give the body of a page.

    Args:
        stream: to the server.
        path: of the page, with its query.
        label: whose page it is, for messages.

    Raises:
        ClusterError: the server does not have it, or more than anybody needs, or the connection is gone.
    """
    connection = http.client.HTTPConnection("localhost")
    pipe: Any = _Pipe(stream)
    connection.sock = pipe
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        body = answer.read(_MOST_BYTES + 1)
    except http.client.HTTPException as error:
        raise ClusterError(f"{label}: what answers there speaks no HTTP: {type(error).__name__}") from error
    if answer.status != _FINE:
        raise ClusterError(f"{label}: it answered {answer.status} to {path.partition('?')[0]}")
    if len(body) > _MOST_BYTES:
        raise ClusterError(f"{label}: it answered with more than {_MOST_BYTES >> 20} MiB")
    return body


class _Pipe:
    """A stream in the shape that the standard library wants of a socket; whoever opened the stream closes it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def sendall(self, data: bytes) -> None:
        self._stream.send(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._stream))

    def close(self) -> None:
        pass


class _Incoming(io.RawIOBase):
    """What comes out of a stream."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream = stream
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = self._stream.receive()
        part = self._left[: len(buffer)]
        buffer[: len(part)] = part
        self._left = self._left[len(part) :]
        return len(part)
