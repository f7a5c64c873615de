"""A request that is being signed elsewhere: its key waits here, encrypted, in a file that was asked for."""

from collections.abc import Callable
from pathlib import Path

from getmesh.ca.files import check_target, read_file, write_private
from getmesh.ca.keys import PrivateKey, family, load_private, private_pem
from getmesh.ca.order import Order
from getmesh.ca.subject import make_csr
from getmesh.errors import UsageError

_SHORTEST_PASSPHRASE = 8


def check(order: Order, *, force: bool) -> tuple[Path, Path | None]:
    """Give the files of key and request (None for no file) if they can be written.

    Raises:
        UsageError: no key file is named, or something is there.
        StorageError: a folder cannot be written to.
    """
    named = str(order.options.get("keyFile") or "")
    if not named:
        raise UsageError(
            "a request needs a place for its key until it is signed",
            hint="Add --key-file FILE: the key is kept there, encrypted with a passphrase.",
        )
    key_file = Path(named).expanduser()
    check_target(key_file, force=force)
    csr = str(order.options.get("csrFile") or "")
    csr_file = Path(csr).expanduser() if csr else None
    if csr_file is not None:
        check_target(csr_file, force=force)
    return key_file, csr_file


def begin(
    order: Order, key_file: Path, csr_file: Path | None, passphrase: Callable[[str], bytes], *, force: bool
) -> bytes:
    """Make key and request, put the key away encrypted, and give the request.

    Raises:
        UsageError: the passphrase is too short.
        StorageError: a file cannot be written.
    """
    secret = passphrase("the pending key")
    if len(secret) < _SHORTEST_PASSPHRASE:
        raise UsageError(f"the passphrase has fewer than {_SHORTEST_PASSPHRASE} characters")
    key = family(order.wish.family).generate()
    csr = make_csr(order.wish.subject, key)
    write_private(key_file, private_pem(key, secret), force=force)
    if csr_file is not None:
        write_private(csr_file, csr, force=force)
    return csr


def resume(order: Order, passphrase: Callable[[str], bytes]) -> PrivateKey:
    """Give the key of a request that has been signed.

    Raises:
        UsageError: no key file is named.
        InputError: the passphrase is wrong.
    """
    named = str(order.options.get("keyFile") or "")
    if not named:
        raise UsageError("the signed chain needs its key", hint="Add --key-file FILE, as when the request was made.")
    return load_private(read_file(named, "pending key"), passphrase("the pending key"), named)
