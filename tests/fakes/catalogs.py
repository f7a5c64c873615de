"""A small catalog with keys of its own, signed and published by the owner's tools."""

import datetime as dt
import hashlib
from pathlib import Path

import msgspec
from tuf.api.metadata import Metadata

from getmesh.distributions.catalog import SCHEMA, Build, Catalog, Flavor, Minor, encode
from tools.catalog import keys, signing

KUBERNETES = ("1.32", "1.33")


def small_catalog(serial: int = 1000, sources: tuple[str, ...] = (), digests: dict[str, str] | None = None) -> Catalog:
    """Give a catalog of two minors; one build is withdrawn, one minor is past its end."""
    builds = tuple(
        Build(
            version=version, flavor="istio", eol=eol, kubernetes=KUBERNETES, do_not_use=withdrawn, digests=digests or {}
        )
        for version, eol, withdrawn in (
            ("1.29.0", "2020-01-01", ""),
            ("1.30.0", "2999-01-01", ""),
            ("1.30.1", "2999-01-01", ""),
            ("1.30.2", "2999-01-01", "ISTIO-SECURITY-TEST"),
        )
    )
    minors = tuple(
        Minor(minor=name, released="", eol="", eol_kind="", kubernetes=KUBERNETES) for name in ("1.29", "1.30")
    )
    flavor = Flavor(name="istio", title="Istio", sources=sources)
    return Catalog(SCHEMA, serial, "2026-01-01", (flavor,), minors, builds, ())


class Publisher:
    """A catalog's owner with demo keys and a repository in a folder.

    Args:
        folder: where keys and repository are made.
        threshold: root signatures needed, of three keys.
    """

    def __init__(self, folder: Path, threshold: int = 2) -> None:
        self.repository = folder / "repository"
        self.keys_folder = folder / "keys"
        keys.make(self.keys_folder, 3, None)
        self.signers = {role: keys.load(self.keys_folder, role, None) for role in keys.ROLES}
        self.now = signing.now_utc()
        root = signing.first_root(self.signers, threshold, self.now)
        self.root_file = signing.write_root(self.repository, root)

    def publish(self, catalog: Catalog, now: dt.datetime | None = None) -> None:
        """Add an edition."""
        signing.sign(self.repository, encode(catalog), self.signers, now or self.now)

    def renew(self, now: dt.datetime) -> None:
        """Say again that the newest edition is the newest."""
        signing.renew(self.repository, self.signers, now)

    def files(self) -> dict[str, bytes]:
        """Give the repository's files by path as a web server has them."""
        return {
            f"/{path.relative_to(self.repository).as_posix()}": path.read_bytes()
            for path in self.repository.rglob("*")
            if path.is_file()
        }

    def resign(self, role: str, name: str, *, signer_role: str | None = None) -> bytes:
        """Give a metadata file signed anew, by another role's key when one is named."""
        metadata = Metadata.from_bytes((self.repository / "metadata" / name).read_bytes())
        metadata.signatures.clear()
        metadata.sign(self.signers[signer_role or role][0])
        return metadata.to_bytes()


def with_serial(catalog: Catalog, serial: int) -> Catalog:
    """Give the same catalog as another edition."""
    return msgspec.structs.replace(catalog, serial=serial)


def digest(data: bytes) -> str:
    """Give the SHA-256."""
    return hashlib.sha256(data).hexdigest()
