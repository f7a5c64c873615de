"""The Kubernetes API over HTTP: patient where waiting helps, and never where it does not.

Retried, with growing pauses or as ``Retry-After`` says: 429, 500, 502, 503, 504 and connections cut in the middle, for
questions (GET, and POST of reviews) only. Never retried: 401, 403, 404, 409, 410, and an address where nobody listens.
"""

import random
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode

from getmesh import __version__
from getmesh.errors import ClusterError
from getmesh.ports.clock import Clock, SystemClock
from getmesh.ports.cluster import refusal
from getmesh.ports.kube_access import Access, open_access

if TYPE_CHECKING:
    from getmesh.ports.kube_stream import PodStream

JSON: Final = "application/json"
_BUSY: Final = frozenset({429, 500, 502, 503, 504})
_ATTEMPTS: Final = 5
# A server that says when to come back, as one does whose caches are still filling, will be well again.
_INVITED_ATTEMPTS: Final = 12
_FIRST_PAUSE: Final = 0.2
_CONNECT_SECONDS: Final = 10.0
_READ_SECONDS: Final = 60.0
_ANSWERS_BELOW: Final = 300
_CONNECTIONS: Final = 8
_REACH: Final = "Check the context with 'kubectl config current-context' and its reach with 'kubectl version'."


class Tally:
    """What the API was asked, by label: requests, retries, bytes as received, seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.rows: dict[str, list[float]] = {}

    def add(self, label: str, *, requests: int = 0, retries: int = 0, size: int = 0, seconds: float = 0) -> None:
        """Count; may be called from any thread."""
        with self._lock:
            row = self.rows.setdefault(label, [0, 0, 0, 0.0])
            for index, value in enumerate((requests, retries, size, seconds)):
                row[index] += value

    @property
    def requests(self) -> int:
        """Give how many requests went out, retries included."""
        return int(sum(row[0] for row in self.rows.values()))


class KubePort(Protocol):
    """What reading a cluster needs; `KubeClient` is the real one."""

    @property
    def server(self) -> str:
        """Address of the API."""
        ...

    @property
    def namespace(self) -> str:
        """The context's own namespace."""
        ...

    @property
    def siblings(self) -> tuple[str, ...]:
        """Namespaces in which this user has a context."""
        ...

    @property
    def tally(self) -> Tally:
        """What was asked so far."""
        ...

    def get(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = JSON, seconds: float | None = None
    ) -> bytes:
        """Give the body at a path; raises as `KubeClient.get`."""
        ...

    def post(self, path: str, body: bytes) -> bytes:
        """Give the answer to a review; raises as `KubeClient.post`."""
        ...


class KubeClient:
    """One context of a kubeconfig, or the pod's own cluster.

    Args:
        access: the configured connection.
        seconds: how long one answer may take, retries and pauses included.
        clock: passes the time of pauses.

    Attributes:
        server: address of the API.
        namespace: the context's own.
        siblings: namespaces of all contexts of this user in this cluster.
        tally: what was asked.
    """

    def __init__(self, access: Access, seconds: float = 30, clock: Clock | None = None) -> None:
        from kubernetes import client  # noqa: PLC0415 - half a second; only for those who have a cluster

        configuration = access.configuration
        configuration.connection_pool_maxsize = _CONNECTIONS
        self._client: Any = client.ApiClient(configuration)
        self._seconds = seconds
        self._clock = clock or SystemClock()
        self._compress = access.target.compress
        self._impersonation = tuple(access.target.impersonation())
        self._auth = threading.Lock()
        self.server: str = configuration.host
        self.namespace = access.target.namespace
        self.siblings = access.target.siblings
        self.context = access.target.context
        self.tally = Tally()

    def get(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = JSON, seconds: float | None = None
    ) -> bytes:
        """Give the body at a path such as ``/api/v1/pods``.

        Raises:
            ClusterRefused: the API refused.
            ClusterError: it cannot be reached, or gave no answer in time.
        """
        return self._patiently("GET", f"{path}?{urlencode(query)}" if query else path, None, accept, seconds)

    def post(self, path: str, body: bytes) -> bytes:
        """Give the answer to a JSON document that asks something and changes nothing, such as an access review.

        Raises:
            ClusterRefused: the API refused.
            ClusterError: it cannot be reached, or gave no answer in time.
        """
        return self._patiently("POST", path, body, JSON, None)

    def send(
        self, method: str, path: str, body: bytes | None, *, media: str = JSON, query: Mapping[str, str] | None = None
    ) -> bytes:
        """Change something, once: nothing is retried, since the API may have done it already.

        Raises:
            ClusterRefused: the API refused; 409 when somebody else was faster.
            ClusterError: it cannot be reached; whether the change was made is then unknown.
        """
        full = f"{path}?{urlencode(query)}" if query else path
        try:
            answer = self._once(method, full, body, JSON, self._seconds, media)
        except _CutError as error:
            raise ClusterError(
                f"{self.server} cut the connection: {error}; whether the change was made is not known", hint=_REACH
            ) from error
        if answer.status >= _ANSWERS_BELOW:
            raise refusal(path, answer.status, answer.data)
        data: bytes = answer.data
        return data

    def forward(self, namespace: str, pod: str, port: int) -> "PodStream":
        """Give a connection to a port of a pod, through the API server and the pod's kubelet; it has to be closed.

        Raises:
            ClusterRefused: the API refused; 403 for want of ``get`` and ``create`` on ``pods/portforward``.
            ClusterError: it cannot be reached.
        """
        from getmesh.ports.kube_stream import open_stream  # noqa: PLC0415 - only for those who look into pods

        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/portforward"
        headers = self._headers("GET", path, JSON, "").iteritems()
        return open_stream(self._client, namespace, pod, port, headers, self._clock)

    def _patiently(self, method: str, path: str, body: bytes | None, accept: str, seconds: float | None) -> bytes:
        label = path.partition("?")[0]
        end = self._clock.now() + (self._seconds if seconds is None else seconds)
        for attempt in range(_INVITED_ATTEMPTS):
            left = end - self._clock.now()
            last = attempt >= _ATTEMPTS - 1
            try:
                answer = self._once(method, path, body, accept, max(left, 0.1))
            except _CutError as error:
                pause = _pause(attempt, "")
                if last or pause >= left:
                    raise ClusterError(f"{self.server} cut the connection: {error}", hint=_REACH) from error
            else:
                if answer.status < _ANSWERS_BELOW:
                    data: bytes = answer.data
                    return data
                invited = answer.headers.get("Retry-After", "")
                pause = _pause(attempt, invited)
                over = attempt == _INVITED_ATTEMPTS - 1 if invited else last
                if answer.status not in _BUSY or over or pause >= left:
                    raise refusal(label, answer.status, answer.data)
            self.tally.add(label, retries=1)
            self._clock.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, method: str, path: str, body: bytes | None, accept: str, seconds: float, media: str = JSON) -> Any:
        from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError  # noqa: PLC0415 - loaded by now
        from urllib3.util import Timeout  # noqa: PLC0415 - loaded by now

        headers = self._headers(method, path, accept, media if body is not None else "")
        timeout = Timeout(connect=min(_CONNECT_SECONDS, seconds), read=min(_READ_SECONDS, seconds))
        begun = self._clock.now()
        try:
            answer = self._client.rest_client.pool_manager.request(
                method, f"{self.server}{path}", body=body, headers=headers, timeout=timeout, retries=False
            )
        except ProtocolError as error:
            self.tally.add(path.partition("?")[0], requests=1, seconds=self._clock.now() - begun)
            raise _CutError(str(error)) from error
        except ReadTimeoutError as error:
            self.tally.add(path.partition("?")[0], requests=1, seconds=self._clock.now() - begun)
            raise ClusterError(f"{self.server} gave no answer in {timeout.read_timeout:.0f} s", hint=_REACH) from error
        except HTTPError as error:
            reason = getattr(error, "reason", None) or error
            raise ClusterError(f"{self.server} cannot be reached: {reason}", hint=_REACH) from error
        except (ValueError, TypeError) as error:  # such as a token of two lines
            raise ClusterError(f"{self.server} cannot be asked as the kubeconfig has it: {error}") from error
        spent = self._clock.now() - begun
        self.tally.add(path.partition("?")[0], requests=1, size=_received(answer), seconds=spent)
        return answer

    def _headers(self, method: str, path: str, accept: str, media: str) -> Any:
        from urllib3 import HTTPHeaderDict  # noqa: PLC0415 - loaded by now

        plain: dict[str, str] = {"Accept": accept, "User-Agent": f"getmesh/{__version__}"}
        plain["Accept-Encoding"] = "gzip" if self._compress else "identity"
        if media:
            plain["Content-Type"] = media
        with self._auth:  # a credential program may run in there, and once is enough
            self._client.update_params_for_auth(plain, [], ["BearerToken"], path, method, None)
        headers = HTTPHeaderDict(plain)
        for name, value in self._impersonation:
            headers.add(name, value)
        return headers


class _CutError(Exception):
    """The connection ended before the answer was whole."""


def open_kube(kubeconfig: str | None, context: str | None, *, seconds: float = 30) -> KubeClient:
    """Give the cluster that a kubeconfig and a context mean, None for kubectl's choice.

    Raises:
        ClusterError: none is configured, or its credentials cannot be had.
    """
    return KubeClient(open_access(kubeconfig, context), seconds)


def _pause(attempt: int, retry_after: str) -> float:
    """Give seconds to wait: as the server asks, else doubling, blurred so that many callers do not return together."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after)
    pause: float = _FIRST_PAUSE * 2**attempt * (0.75 + random.random() / 2)  # noqa: S311 - no secret
    return pause


def _received(answer: Any) -> int:
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isdigit() else len(answer.data)
