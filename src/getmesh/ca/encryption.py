"""Encryption of what holds keys, to age recipients: the pyrage library, else the age program."""

import shutil
import subprocess
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from getmesh.errors import InputError, UsageError

_SECONDS = 60
_MISSING = "Install it: pip install pyrage, or the program age."


def encrypt(data: bytes, recipients: Sequence[str]) -> bytes:
    """Give data that only the holders of the recipients' identities can read.

    Raises:
        UsageError: a recipient is none, or nothing here can encrypt.
    """
    check_recipients(recipients)
    pyrage = _pyrage()
    if pyrage is None:
        arguments = [part for recipient in recipients for part in ("-r", recipient)]
        return _age(data, *arguments)
    sealed: bytes = pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients])
    return sealed


def check_recipients(recipients: Sequence[str]) -> None:
    """See that encryption will work.

    Raises:
        UsageError: a recipient is none, or nothing here can encrypt.
    """
    for recipient in recipients:
        if not recipient.startswith("age1"):
            raise UsageError(f"{recipient!r} is no age recipient", hint="It begins with age1; age-keygen makes one.")
    pyrage = _pyrage()
    if pyrage is None:
        if recipients and shutil.which("age") is None:
            raise UsageError("nothing here can encrypt to age recipients", hint=_MISSING)
        return
    for recipient in recipients:
        try:
            pyrage.x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError:
            raise UsageError(f"{recipient!r} is no age recipient") from None


def decrypt(data: bytes, identities: str) -> bytes:
    """Give back what was encrypted.

    Args:
        data: as ``encrypt`` gave it.
        identities: text of an identity file, ``AGE-SECRET-KEY-…`` by line.

    Raises:
        InputError: none of the identities fits.
        UsageError: pyrage is not installed.
    """
    pyrage = _pyrage()
    if pyrage is None:
        raise UsageError("reading age files needs pyrage", hint="Install it: pip install pyrage.")
    lines = [line.strip() for line in identities.splitlines() if line.startswith("AGE-SECRET-KEY-")]
    try:
        found: bytes = pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(line) for line in lines])
    except (pyrage.DecryptError, pyrage.IdentityError):
        raise InputError("none of the identities can open this file") from None
    return found


def is_encrypted(data: bytes) -> bool:
    """Whether data is an age file."""
    return data.startswith(b"age-encryption.org/v1")


def _pyrage() -> Any:
    """Give the library, None if it is not installed."""
    try:
        return import_module("pyrage")
    except ImportError:
        return None


def _age(data: bytes, *arguments: str) -> bytes:
    program = shutil.which("age")
    if program is None:
        raise UsageError("nothing here can encrypt to age recipients", hint=_MISSING)
    done = subprocess.run([program, *arguments], input=data, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 - recipients are checked, the key goes through a pipe
    if done.returncode != 0:
        raise UsageError(f"age failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
