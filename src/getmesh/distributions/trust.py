"""The catalog's newest edition from its publisher, by The Update Framework.

Root keys sign who may sign; targets keys sign the catalog; snapshot and timestamp say which files belong together and
until when that is the newest. So a mirror can neither forge, nor mix, nor roll back, nor freeze unnoticed
(TUF specification, section 5: the client's workflow, which the ``tuf`` library follows).
"""

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tuf.api import exceptions
from tuf.api.metadata import Metadata
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from getmesh.distributions.catalog import decode
from getmesh.distributions.editions import State, catalog_folder, embedded_bytes
from getmesh.errors import EnvironmentFailed, GetmeshError, InputError, NetworkError, TrustError
from getmesh.ports.disk import locked, write_atomically
from getmesh.ports.http import HttpPort, StatusError

TARGET = "catalog.json"
ROLES = ("timestamp", "snapshot", "targets")
_WAIT_SECONDS = 60


class _Fetcher(FetcherInterface):
    """Reads metadata through our own port, so that its rules for TLS, proxies and redirects hold here too."""

    def __init__(self, http: HttpPort) -> None:
        self._http = http
        self.failure: NetworkError | None = None

    def _fetch(self, url: str) -> Iterator[bytes]:
        if url.startswith("file://"):
            return _read_file(url)
        return self._stream(url)

    def _stream(self, url: str) -> Iterator[bytes]:
        try:
            with self._http.get(url) as answer:
                yield from answer.chunks
        except StatusError as error:
            self.failure = error
            raise exceptions.DownloadHTTPError(error.message, error.status) from error
        except NetworkError as error:
            self.failure = error
            raise exceptions.DownloadError(error.message) from error


def refresh(home: Path, addresses: str, environ: Mapping[str, str], http: HttpPort) -> tuple[bytes, State]:
    """Give the newest verified edition.

    Args:
        home: folder of our state; what was seen before is kept there, against rollback.
        addresses: publisher and mirrors, blank-separated, tried in order; ``https://`` or ``file://``.
        environ: ``GETMESH_CATALOG_ROOT`` names the root of trust of another publisher.
        http: the network.

    Raises:
        TrustError: no address had an edition that holds, and one had an edition that does not.
        NetworkError: no address answered.
    """
    root, own = _root(environ)
    folder = catalog_folder(home) / f"trust-{hashlib.sha256(root).hexdigest()[:16]}"
    failure: GetmeshError = InputError("no catalog address is given")
    # A refused signature is an error of ours to show; the library would also log it.
    logging.getLogger("tuf").setLevel(logging.CRITICAL)
    with locked(home / "locks" / "catalog", wait_seconds=_WAIT_SECONDS, what="the catalog"):
        if own:
            _seed(folder)
        for address in addresses.split():
            try:
                return _ask(folder, root, address, http)
            except TrustError as error:
                failure = error
            except NetworkError as error:
                failure = failure if isinstance(failure, TrustError) else error
    raise failure


def _ask(folder: Path, root: bytes, address: str, http: HttpPort) -> tuple[bytes, State]:
    fetcher = _Fetcher(http)
    base = address.rstrip("/")
    targets = folder / "targets"
    try:
        targets.mkdir(parents=True, exist_ok=True)
        updater = Updater(
            str(folder), f"{base}/metadata/", str(targets), f"{base}/targets/", fetcher, UpdaterConfig(), bootstrap=root
        )
        updater.refresh()
        info = updater.get_targetinfo(TARGET)
        if info is None:
            raise TrustError(f"{base}: the publisher's metadata names no {TARGET}")
        path = updater.find_cached_target(info) or updater.download_target(info)
        data = Path(path).read_bytes()
    except exceptions.DownloadError as error:
        cause = fetcher.failure
        raise NetworkError(f"{base}: {error}", hint=cause.hint if cause else "") from error
    except exceptions.RepositoryError as error:
        raise TrustError(f"{base}: {_explain(error)}", hint=_KEPT) from error
    except OSError as error:
        raise EnvironmentFailed(f"{folder}: {error.strerror or error}") from error
    expires = _expiry(folder)
    return data, State(checked=time.time(), expires=expires, url=address, serial=decode(data).serial)


def _root(environ: Mapping[str, str]) -> tuple[bytes, bool]:
    """Give the root of trust and whether it is the one in this package."""
    given = environ.get("GETMESH_CATALOG_ROOT")
    if not given:
        return embedded_bytes("root.json"), True
    try:
        return Path(given).expanduser().read_bytes(), False
    except OSError as error:
        raise InputError(f"GETMESH_CATALOG_ROOT: {given}: {error.strerror}") from error


def _seed(folder: Path) -> None:
    """Let the embedded edition count as seen, so that nothing older than it is ever accepted."""
    for role in ROLES:
        path = folder / f"{role}.json"
        embedded = embedded_bytes(f"{role}.json")
        if _version(embedded) > _version(path.read_bytes() if path.exists() else b""):
            write_atomically(path, embedded)


def _version(data: bytes) -> int:
    try:
        return int(Metadata.from_bytes(data).signed.version) if data else 0
    except exceptions.RepositoryError:
        return 0


def _expiry(folder: Path) -> float:
    return Metadata.from_bytes((folder / "timestamp.json").read_bytes()).signed.expires.timestamp()


def _read_file(url: str) -> Iterator[bytes]:
    path = Path(url2pathname(urlsplit(url).path))
    if not path.is_file():
        raise exceptions.DownloadHTTPError(f"{path}: no such file", 404)
    return iter([path.read_bytes()])


def _explain(error: exceptions.RepositoryError) -> str:
    text = str(error)
    if isinstance(error, exceptions.ExpiredMetadataError):
        return f"what it offers has expired ({text})"
    if isinstance(error, exceptions.EqualVersionNumberError | exceptions.BadVersionNumberError):
        return f"it offers an older edition than was seen before ({text})"
    if isinstance(error, exceptions.UnsignedMetadataError):
        return f"not enough valid signatures ({text})"
    if isinstance(error, exceptions.LengthOrHashMismatchError):
        return f"files that do not belong together ({text})"
    return text


_KEPT = "The edition at hand stays in use. Ask the publisher; a mirror may be stale or hostile."
