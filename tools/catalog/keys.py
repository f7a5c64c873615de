"""Keys of the catalog's owner: made here, kept in files that only the owner reads."""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]  # public there, not in its __all__

ROLES = ("root", "targets", "snapshot", "timestamp")


def make(folder: Path, roots: int, passphrase: bytes | None) -> list[Path]:
    """Make one key for each role and several for root; give their files, mode 0600. Existing keys are never replaced.

    Raises:
        FileExistsError: there are keys in the folder already.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = [f"root-{number}" for number in range(1, roots + 1)] + [f"{role}-1" for role in ROLES[1:]]
    return [_write(folder / f"{name}.pem", passphrase) for name in names]


def load(folder: Path, role: str, passphrase: bytes | None) -> list[CryptoSigner]:
    """Give the signers of a role whose keys are at hand, in the order of their names."""
    return [_signer(path, passphrase) for path in sorted(folder.glob(f"{role}-*.pem"))]


def _write(path: Path, passphrase: bytes | None) -> Path:
    key = Ed25519PrivateKey.generate()
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase)
    data = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return path


def _signer(path: Path, passphrase: bytes | None) -> CryptoSigner:
    key = serialization.load_pem_private_key(path.read_bytes(), passphrase)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path}: not an Ed25519 key")
    return CryptoSigner(key)
