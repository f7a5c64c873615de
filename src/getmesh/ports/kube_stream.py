"""A connection to a port inside of a pod: bytes in a WebSocket, which the API server passes on to the pod's kubelet.

kubectl speaks SPDY to kubelets; to clients without it they offer the same in plain frames. Each begins with a channel:
data, or what the kubelet has to say when it cannot go on. The first frame of a channel repeats the port.
"""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from getmesh.errors import ClusterError
from getmesh.ports.clock import Clock
from getmesh.ports.cluster import refusal

_PROTOCOL: Final = "v4.channel.k8s.io"
_DATA: Final = 0
_ERROR: Final = 1
_SECONDS: Final = 10.0
_ALL_SECONDS: Final = 60.0


class PodStream:
    """Bytes to and from one port of a pod; it has to be closed.

    Args:
        socket: an open WebSocket to the pod's ``portforward``.
        label: the pod and its port, for messages.
        clock: tells when the stream has lasted long enough, so that nobody in a pod can hold its reader up.
    """

    def __init__(self, socket: Any, label: str, clock: Clock) -> None:
        self._socket = socket
        self._label = label
        self._clock = clock
        self._end = clock.now() + _ALL_SECONDS
        self._opened: set[int] = set()

    def send(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            ClusterError: the connection is gone.
        """
        from websocket import WebSocketException  # noqa: PLC0415 - loaded by now

        try:
            self._socket.send_binary(bytes([_DATA]) + data)
        except (WebSocketException, OSError) as error:
            raise self._broken(error) from error

    def receive(self) -> bytes:
        """Give the next bytes, none at the end.

        Raises:
            ClusterError: nobody listens at the port, the connection is gone, or nothing came in time.
        """
        from websocket import ABNF, WebSocketException  # noqa: PLC0415 - loaded by now

        while True:
            if self._clock.now() > self._end:
                raise ClusterError(f"{self._label}: it took longer than {_ALL_SECONDS:.0f} s")
            try:
                kind, frame = self._socket.recv_data()
            except (WebSocketException, OSError) as error:
                raise self._broken(error) from error
            if kind == ABNF.OPCODE_CLOSE:
                return b""
            channel, data = frame[:1], frame[1:]
            if not data:
                continue
            if channel[0] not in self._opened:
                self._opened.add(channel[0])
            elif channel[0] == _ERROR:
                raise ClusterError(f"{self._label}: {data.decode('utf-8', 'replace').strip()}")
            elif channel[0] == _DATA:
                return bytes(data)

    def close(self) -> None:
        """End the connection; that it has ended already is fine."""
        self._socket.shutdown()

    def _broken(self, error: Exception) -> ClusterError:
        return ClusterError(f"{self._label}: the connection broke: {error}")


def open_stream(
    client: Any, namespace: str, pod: str, port: int, headers: Iterable[tuple[str, str]], clock: Clock
) -> PodStream:
    """Connect to a port of a pod.

    Args:
        client: the official client, which knows whom to trust, what to show, and whether a proxy is on the way.
        namespace: the pod's.
        pod: its name.
        port: inside of the pod.
        headers: who asks.
        clock: of the reader.

    Raises:
        ClusterRefused: the API did not open the way.
        ClusterError: it cannot be reached.
    """
    import websocket  # noqa: PLC0415 - only for those who look into pods
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - loaded by now

    server, path = str(client.configuration.host), f"/api/v1/namespaces/{namespace}/pods/{pod}/portforward"
    socket: Any = websocket.WebSocket(skip_utf8_validation=True)
    try:
        socket.connect(
            f"ws{server.removeprefix('http')}{path}?ports={port}",
            header=[f"{name}: {value}" for name, value in headers],
            subprotocols=[_PROTOCOL],
            suppress_origin=True,
            redirect_limit=0,
            socket=_connected(client.rest_client.pool_manager, server),
        )
    except websocket.WebSocketBadStatusException as error:
        raise refusal(path, error.status_code, error.resp_body or b"") from error
    except (websocket.WebSocketException, HTTPError, OSError) as error:
        raise ClusterError(f"{pod}:{port}: {server} opens no way into the pod: {error}") from error
    return PodStream(socket, f"{pod}:{port}", clock)


def _connected(pools: Any, server: str) -> Any:
    """Give a socket to the API: over the same proxy, and with the same trust, as every other request."""
    address = urlsplit(server)
    pool = pools.connection_from_url(server)
    connection = pool._new_conn()  # noqa: SLF001 - the library lends connections for whole requests only
    connection.timeout = _SECONDS
    if pool.proxy is not None:
        port = address.port or {"https": 443}.get(address.scheme, 80)
        connection.set_tunnel(address.hostname, port, pool.proxy_headers, scheme=pool.proxy.scheme)
    connection.connect()
    connection.sock.settimeout(_SECONDS)
    return connection.sock
