"""Which edition of the catalog is used: the one in this package, or a newer one fetched and verified before."""

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from getmesh.distributions.catalog import Catalog, decode
from getmesh.errors import GetmeshError, StorageError, TrustError, UsageError

FRESH_SECONDS = 24 * 3600
_PAUSE_SECONDS = 3600
_EMBEDDED = Path(__file__).parents[1] / "data" / "catalog"
_CURRENT = "current.json"
_STATE = "state.json"


class State(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What is known about the fetched edition.

    Attributes:
        checked: seconds since 1970 of the last successful look at the publisher.
        expires: seconds since 1970 after which the publisher's statement "this is the newest" no longer holds.
        url: where it came from.
        serial: edition number.
    """

    checked: float = 0.0
    expires: float = 0.0
    url: str = ""
    serial: int = 0


class Edition(msgspec.Struct, frozen=True):
    """A catalog with where it comes from.

    Attributes:
        catalog: the content.
        origin: ``embedded`` or ``fetched``.
        state: of the fetched edition; all zero for the embedded one.
        warnings: what a user should know, such as an unreadable or expired copy.
    """

    catalog: Catalog
    origin: str
    state: State
    warnings: tuple[str, ...] = ()


def embedded_bytes(name: str = "catalog.json") -> bytes:
    """Give a file of the signed catalog inside this package."""
    return (_EMBEDDED / name).read_bytes()


def catalog_folder(home: Path) -> Path:
    """Give where fetched editions live."""
    return home / "catalog"


def read_state(home: Path) -> State:
    """Give what is known about the fetched edition; nothing known if there is none."""
    try:
        return msgspec.json.decode((catalog_folder(home) / _STATE).read_bytes(), type=State)
    except (OSError, msgspec.DecodeError):
        return State()


def load(home: Path, now: float | None = None) -> Edition:
    """Give the newest edition at hand; never asks the network, never fails for what lies in the home."""
    embedded = decode(embedded_bytes())
    path = catalog_folder(home) / _CURRENT
    try:
        fetched = decode(path.read_bytes())
    except OSError:
        return Edition(embedded, "embedded", State())
    except TrustError as error:
        return Edition(embedded, "embedded", State(), (f"{path}: {error.message}; the embedded catalog is used",))
    if fetched.serial < embedded.serial:
        return Edition(embedded, "embedded", State())
    state = read_state(home)
    warnings: tuple[str, ...] = ()
    if state.expires and (now or time.time()) > state.expires:
        day = time.strftime("%Y-%m-%d", time.gmtime(state.expires))
        warnings = (f"the catalog was to be renewed by {day}; run 'getmesh list --refresh'",)
    return Edition(fetched, "fetched", state, warnings)


def is_stale(home: Path, url: str, now: float) -> bool:
    """Whether a publisher should be asked again: another one than last time, or a day has passed."""
    state = read_state(home)
    return state.url != url or not 0 <= now - state.checked < FRESH_SECONDS


def keep(home: Path, data: bytes, state: State) -> None:
    """Make a verified edition the current one.

    Raises:
        TrustError: it is no catalog.
        StorageError: the home cannot be written.
    """
    from getmesh.ports.disk import write_atomically  # noqa: PLC0415 - reading the catalog needs no writer

    decode(data)
    folder = catalog_folder(home)
    write_atomically(folder / _CURRENT, data)
    write_atomically(folder / _STATE, msgspec.json.encode(state))


def load_fresh(home: Path, url: str, environ: Mapping[str, str], *, insist: bool) -> Edition:
    """Give the newest edition, asking the publisher first when there is one and it is time to.

    Args:
        home: folder of our state.
        url: the publisher and its mirrors, empty for none.
        environ: with ``GETMESH_OFFLINE=1`` nobody is asked.
        insist: the user asked for a refresh: ask now, and let a failure be one.

    Raises:
        GetmeshError: a refresh that was insisted on failed.
    """
    if insist and environ.get("GETMESH_OFFLINE") == "1":
        raise UsageError("a refresh needs the network, and GETMESH_OFFLINE is set")
    if insist and not url:
        raise UsageError("no catalog address is known", hint="Give --catalog-url or set GETMESH_CATALOG_URL.")
    if not url or environ.get("GETMESH_OFFLINE") == "1" or not (insist or is_stale(home, url, time.time())):
        return load(home)
    from getmesh.distributions.trust import refresh  # noqa: PLC0415 - signatures and HTTP are heavy
    from getmesh.ports.http import Http  # noqa: PLC0415 - as above

    try:
        data, state = refresh(home, url, environ, Http(environ))
        keep(home, data, state)
    except GetmeshError as error:
        if insist:
            raise
        edition = load(home)
        _ask_later(home, url, edition.state)
        warning = f"the catalog could not be refreshed: {error.message}"
        return msgspec.structs.replace(edition, warnings=(*edition.warnings, warning))
    return load(home)


def _ask_later(home: Path, url: str, state: State) -> None:
    """Leave a publisher that does not answer alone for an hour, or every call would wait for it."""
    from getmesh.ports.disk import write_atomically  # noqa: PLC0415 - reading the catalog needs no writer

    checked = time.time() - FRESH_SECONDS + _PAUSE_SECONDS
    with suppress(StorageError):
        write_atomically(
            catalog_folder(home) / _STATE, msgspec.json.encode(msgspec.structs.replace(state, url=url, checked=checked))
        )
