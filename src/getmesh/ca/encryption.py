"""Encryption of what holds keys, to age recipients: the pyrage library, else the age program."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from getmesh.errors import EnvironmentFailed, InputError, UsageError

_SECONDS = 60
_HELD_BY_PIPES = 4096  # at least; more would wait for a reader that has not started
_MISSING = "Install it: pip install pyrage, or the program age."


def encrypt(data: bytes, recipients: Sequence[str]) -> bytes:
    """Give data that only the holders of the recipients' identities can read.

    Raises:
        UsageError: a recipient is none, or nothing here can encrypt.
    """
    check_recipients(recipients)
    pyrage = _pyrage()
    if pyrage is None:
        return _sealed(data, recipients)
    sealed: bytes = pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients])
    return sealed


def check_recipients(recipients: Sequence[str]) -> None:
    """See that encryption will work.

    Raises:
        UsageError: a recipient is none, or nothing here can encrypt.
    """
    if not recipients:
        return
    for recipient in recipients:
        if not recipient.startswith("age1"):
            raise UsageError(f"{recipient!r} is no age recipient", hint="It begins with age1; age-keygen makes one.")
    pyrage = _pyrage()
    if pyrage is None:
        _sealed(b"", recipients)
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
        UsageError: nothing here can decrypt.
    """
    pyrage = _pyrage()
    if pyrage is None:
        return _opened(data, identities)
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


def _sealed(data: bytes, recipients: Sequence[str]) -> bytes:
    done = _age(data, [part for recipient in recipients for part in ("-r", recipient)])
    if done.returncode != 0:
        raise UsageError(_said(done))
    return done.stdout


def _opened(data: bytes, identities: str) -> bytes:
    with _readable(identities.encode()) as (handle, path):
        done = _age(data, ["-d", "-i", path], handle)
    if done.returncode != 0:
        raise InputError(_said(done))
    return done.stdout


def _age(data: bytes, arguments: Sequence[str], *handles: int) -> "subprocess.CompletedProcess[bytes]":
    """Run the program; keys go through pipes only."""
    program = shutil.which("age")
    if program is None:
        raise UsageError("there is nothing here that knows age files", hint=_MISSING)
    try:
        return subprocess.run(  # noqa: S603 - arguments are recipients and a path of ours
            [program, *arguments], input=data, capture_output=True, timeout=_SECONDS, check=False, pass_fds=handles
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EnvironmentFailed(f"{program} cannot be run: {error}") from None


def _said(done: "subprocess.CompletedProcess[bytes]") -> str:
    """Give the first thing that the program said, without its advice."""
    lines = done.stderr.decode(errors="replace").splitlines()
    return f"age: {next((line.removeprefix('age: ') for line in lines if line), f'it ended with {done.returncode}')}"


@contextmanager
def _readable(text: bytes) -> Iterator[tuple[int, str]]:
    """Give a pipe that holds a text, and the path under which a child that inherits it reads it; never a disk."""
    if len(text) > _HELD_BY_PIPES:
        raise InputError("this is no file of identities: it is too long")
    reading, writing = os.pipe()
    try:
        with os.fdopen(writing, "wb") as file:
            file.write(text)
        yield reading, f"/dev/fd/{reading}"
    finally:
        os.close(reading)
