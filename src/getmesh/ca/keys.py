"""Private keys: made here, kept in memory, and kept out of core dumps."""

import ctypes
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from getmesh.errors import InputError, UsageError

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
FAMILIES: Final = ("rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384")
_CURVES: Final = {"p-256": ec.SECP256R1, "p-384": ec.SECP384R1}
_PR_SET_DUMPABLE: Final = 4


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of key with its size, such as ``rsa-2048`` or ``p-256``."""

    name: str

    def generate(self) -> PrivateKey:
        """Make a new key."""
        if self.name.startswith("rsa-"):
            return rsa.generate_private_key(65537, int(self.name[4:]))
        return ec.generate_private_key(_CURVES[self.name]())


def family(name: str) -> Family:
    """Give the family of a name.

    Raises:
        UsageError: Istio's peers do not all take such keys, or the name is unknown.
    """
    wanted = name.lower().replace("ec-", "").replace("ecdsa-", "").replace("p256", "p-256").replace("p384", "p-384")
    if wanted not in FAMILIES:
        raise UsageError(f"key family {name!r} is not offered", hint=f"Choose one of {', '.join(FAMILIES)}.")
    return Family(wanted)


def rsa_family(bits: int) -> Family:
    """Give the family of a key length in bits, as the original's ``keyLength`` means it.

    Raises:
        UsageError: shorter than 2048 bits, which OpenSSL refuses, or a length that nobody offers.
    """
    if bits < 2048:  # noqa: PLR2004 - bits
        raise UsageError(f"key length {bits} is too short", hint="Peers refuse RSA keys below 2048 bits.")
    return family(f"rsa-{bits}")


def describe(key: object) -> str:
    """Name the family of a public key, such as ``RSA 2048`` or ``P-256``."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name.replace("secp", "P-").removesuffix("r1")
    return type(key).__name__.removesuffix("PublicKey").lstrip("_")


def signing_hash(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """Give the hash that fits a signing key's strength."""
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size >= 384:  # noqa: PLR2004 - bits
        return hashes.SHA384()
    return hashes.SHA256()


def private_pem(key: PrivateKey, passphrase: bytes | None = None) -> bytes:
    """Give a key as PKCS#8, encrypted if there is a passphrase.

    Istio takes plain keys only, so the Secret gets the plain form; it is made once, late.
    """
    encryption: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def public_pem(key: PrivateKey) -> bytes:
    """Give the public half of a key."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def load_private(text: bytes, passphrase: bytes | None, what: str) -> PrivateKey:
    """Read a private key; its text never gets into a message.

    Raises:
        InputError: it is unreadable, its passphrase is wrong, or it is of a family that is not offered.
    """
    try:
        key = load_pem_private_key(text, passphrase)
    except TypeError:
        raise InputError(
            f"{what}: the key is {'not ' if passphrase else ''}encrypted",
            hint="Leave the passphrase out." if passphrase else "Give the passphrase.",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        reason = "the passphrase is wrong, or this is no private key" if passphrase else "this is no private key"
        raise InputError(f"{what}: {reason}") from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise InputError(f"{what}: keys of this family cannot sign for a mesh", hint=f"Use {', '.join(FAMILIES)}.")
    return key


def guard_process() -> None:
    """Keep this process's memory out of core dumps and away from debuggers of the same user.

    Best effort: what the system does not offer is left out.
    """
    import resource  # noqa: PLC0415 - not on every system

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
