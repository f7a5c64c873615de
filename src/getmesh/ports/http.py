"""Downloads over HTTPS: certificates always checked, proxies and own CAs from the environment, no step down to HTTP."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple, Protocol
from urllib import request
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, ProxyError, SSLError

from getmesh import __version__
from getmesh.errors import EnvironmentFailed, NetworkError

CHUNK = 1 << 20
_REDIRECTS = 5
_REDIRECTING = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_TOKEN_HOSTS = frozenset({"github.com", "api.github.com"})
_LONGEST_WAIT = 60.0


class TransientError(NetworkError):
    """A failure that may pass: connection lost, time run out, server busy.

    Attributes:
        wait: seconds after which the server wants to be asked again, 0 when it does not say.
    """

    def __init__(self, message: str, *, hint: str = "", wait: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.wait = wait


class StatusError(NetworkError):
    """The server answered with a status that will not change by asking again; ``status`` has it."""

    def __init__(self, message: str, status: int, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class Answer(NamedTuple):
    """A successful answer.

    Attributes:
        status: 200 or 206.
        headers: names in lower case.
        url: the last one of the redirects.
        chunks: the body as sent; reading it may raise ``TransientError``.
    """

    status: int
    headers: Mapping[str, str]
    url: str
    chunks: Iterator[bytes]


class HttpPort(Protocol):
    """Reads URLs."""

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> AbstractContextManager[Answer]:
        """Open a URL; leaving the context closes the connection."""
        ...


class Http:
    """The network, through urllib3.

    Args:
        environ: ``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE`` and ``GITHUB_TOKEN`` are honoured.
        connect_seconds: how long a connection may take to stand.
        stall_seconds: how long a server may stay silent.
    """

    def __init__(self, environ: Mapping[str, str], connect_seconds: float = 10, stall_seconds: float = 30) -> None:
        self._environ = environ
        self._timeout = urllib3.Timeout(connect=connect_seconds, read=stall_seconds)
        self._pools: dict[str, urllib3.PoolManager] = {}
        self._context: ssl.SSLContext | None = None

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """Open a URL and follow redirects, to HTTPS only.

        Raises:
            TransientError: no answer, or one that may change.
            StatusError: an answer other than success.
            NetworkError: an address or certificate that is not trusted.
        """
        place = url
        for _ in range(_REDIRECTS + 1):
            response = self._request(place, headers or {})
            try:
                target = response.headers.get("Location", "")
                if response.status in _REDIRECTING and target:
                    place = _joined(place, target)
                    continue
                self._check(response, place)
                lower = {name.lower(): value for name, value in response.headers.items()}
                yield Answer(response.status, lower, place, self._chunks(response, place))
                return
            finally:
                response.close()
        raise NetworkError(f"{url}: more than {_REDIRECTS} redirects")

    def _request(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise NetworkError(f"{url}: no address: {error}", hint=_ADDRESS_CURE) from error
        if parts.scheme != "https" or not parts.hostname:
            raise NetworkError(f"{url}: only https is used", hint=_ADDRESS_CURE)
        sent = {"User-Agent": f"getmesh/{__version__}", "Accept-Encoding": "identity", **headers}
        token = self._environ.get("GITHUB_TOKEN", "")
        if token and parts.hostname in _TOKEN_HOSTS:
            sent["Authorization"] = f"Bearer {token}"
        try:
            return self._pool(parts.hostname).request(
                "GET", url, headers=sent, preload_content=False, redirect=False, retries=False, timeout=self._timeout
            )
        except ProxyError as error:
            raise TransientError(f"{parts.hostname}: the proxy failed: {_reason(error)}", hint=_PROXY_CURE) from error
        except SSLError as error:
            raise NetworkError(f"{parts.netloc}: not trusted: {_reason(error)}", hint=_TLS_CURE) from error
        except HTTPError as error:
            raise TransientError(f"{parts.netloc}: {_reason(error)}", hint=_OFFLINE_CURE) from error

    def _check(self, response: urllib3.BaseHTTPResponse, url: str) -> None:
        status = response.status
        if status in {200, 206}:
            return
        if status in _TRANSIENT:
            wait = response.headers.get("Retry-After", "")
            seconds = min(float(wait), _LONGEST_WAIT) if wait.isdigit() else 0.0
            raise TransientError(f"{url}: the server answered {status}", wait=seconds)
        raise StatusError(f"{url}: the server answered {status}", status)

    def _chunks(self, response: urllib3.BaseHTTPResponse, url: str) -> Iterator[bytes]:
        try:
            yield from response.stream(CHUNK, decode_content=False)
        except HTTPError as error:
            raise TransientError(f"{url}: the answer broke off: {_reason(error)}") from error

    def _pool(self, host: str) -> urllib3.PoolManager:
        environment = request.getproxies_environment()
        proxy = environment.get("https") or environment.get("all") or ""
        if proxy and request.proxy_bypass_environment(host, environment):  # type: ignore[attr-defined]  # typeshed lacks it
            proxy = ""
        if proxy not in self._pools:
            context = self._trust()
            if proxy:
                address = proxy if "://" in proxy else f"http://{proxy}"
                user = urllib3.util.parse_url(address).auth
                headers = urllib3.make_headers(proxy_basic_auth=user) if user else None
                self._pools[proxy] = urllib3.ProxyManager(
                    address, proxy_headers=headers, ssl_context=context, proxy_ssl_context=context
                )
            else:
                self._pools[proxy] = urllib3.PoolManager(ssl_context=context)
        return self._pools[proxy]

    def _trust(self) -> ssl.SSLContext:
        if self._context is None:
            file = self._environ.get("SSL_CERT_FILE") or None
            try:
                self._context = ssl.create_default_context(cafile=file)
            except OSError as error:
                raise EnvironmentFailed(
                    f"SSL_CERT_FILE: {file}: {error}", hint="Name a file of PEM certificates."
                ) from error
        return self._context


_ADDRESS_CURE = "Give an address that begins with https://."
_TLS_CURE = "If your network re-signs connections, set SSL_CERT_FILE to its certificate authority."
_PROXY_CURE = "Check HTTPS_PROXY and NO_PROXY."
_OFFLINE_CURE = "Without a network, use --archive FILE, or HTTPS_PROXY if there is a proxy."


def _joined(place: str, target: str) -> str:
    try:
        return urljoin(place, target)
    except ValueError as error:
        raise NetworkError(f"{place}: redirects to no address: {target!r}") from error


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", None) or getattr(error, "original_error", None) or error
    text = str(inner.args[-1] if isinstance(inner, Exception) and inner.args else inner)
    return text.partition(": ")[2] if text.startswith(("<", "HTTP")) else text
