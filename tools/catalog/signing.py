"""The catalog as a signed repository: a folder with ``metadata/`` and ``targets/`` that any web server can serve."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]  # public there, not in its __all__
from tuf.api.metadata import (  # type: ignore[attr-defined]  # public there, not in its __all__
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from getmesh.distributions.catalog import decode

__all__ = [
    "MetaFile",
    "Metadata",
    "Root",
    "Signers",
    "Targets",
    "Timestamp",
    "first_root",
    "newest_edition",
    "newest_root",
    "next_root",
    "now_utc",
    "read_root",
    "renew",
    "sign",
    "write_root",
]  # fmt: skip

TARGET = "catalog.json"
ROOT_DAYS = 730
TARGETS_DAYS = 365
SNAPSHOT_DAYS = 90
TIMESTAMP_DAYS = 30
T = TypeVar("T", Root, Targets, Snapshot, Timestamp)
Signers = Sequence[CryptoSigner]


def first_root(signers: Mapping[str, Signers], threshold: int, now: datetime) -> Metadata[Root]:
    """Give a root that trusts these keys: ``threshold`` of the root keys, one for each other role."""
    root = Root(expires=now + timedelta(days=ROOT_DAYS), consistent_snapshot=True)
    _trust(root, signers, threshold)
    return _signed(Metadata(root), signers["root"])


def next_root(
    old: Metadata[Root], signers: Mapping[str, Signers], retiring: Signers, threshold: int, now: datetime
) -> Metadata[Root]:
    """Give the root that follows: trusts the keys given, signed by the old keys and by the new ones."""
    root = Root(old.signed.version + 1, expires=now + timedelta(days=ROOT_DAYS), consistent_snapshot=True)
    _trust(root, signers, threshold)
    return _signed(Metadata(root), [*retiring, *signers["root"]])


def read_root(repository: Path) -> Metadata[Root]:
    """Give the newest root of a repository."""
    return Metadata[Root].from_file(str(newest_root(repository)))


def write_root(repository: Path, root: Metadata[Root]) -> Path:
    """Put a root into the repository under its version."""
    path = repository / "metadata" / f"{root.signed.version}.root.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    root.to_file(str(path))
    return path


def newest_root(repository: Path) -> Path:
    """Give the root with the highest version."""
    return max((repository / "metadata").glob("*.root.json"), key=lambda path: int(path.name.partition(".")[0]))


def sign(repository: Path, catalog: bytes, signers: Mapping[str, Signers], now: datetime) -> dict[str, int]:
    """Add an edition of the catalog to the repository and give the versions of the new metadata.

    The timestamp is written last: clients see the old edition or the new one.
    """
    edition = decode(catalog)
    versions = {role: _newest(repository, role) + 1 for role in ("snapshot", "timestamp")}
    versions["targets"] = max(edition.serial, _newest(repository, "targets") + 1)
    target = TargetFile.from_data(TARGET, catalog, ["sha256"])
    digest = hashlib.sha256(catalog).hexdigest()
    targets = Targets(versions["targets"], expires=now + timedelta(days=TARGETS_DAYS), targets={TARGET: target})
    meta = {"targets.json": MetaFile(versions["targets"])}
    snapshot = Snapshot(versions["snapshot"], expires=now + timedelta(days=SNAPSHOT_DAYS), meta=meta)
    (repository / "targets").mkdir(parents=True, exist_ok=True)
    (repository / "targets" / f"{digest}.{TARGET}").write_bytes(catalog)
    folder = repository / "metadata"
    _signed(Metadata(targets), signers["targets"]).to_file(str(folder / f"{versions['targets']}.targets.json"))
    _signed(Metadata(snapshot), signers["snapshot"]).to_file(str(folder / f"{versions['snapshot']}.snapshot.json"))
    _write_timestamp(repository, versions["timestamp"], versions["snapshot"], signers, now)
    return versions


def renew(repository: Path, signers: Mapping[str, Signers], now: datetime) -> int:
    """Say again that the newest edition is the newest; give the timestamp's version."""
    version = _newest(repository, "timestamp") + 1
    _write_timestamp(repository, version, _newest(repository, "snapshot"), signers, now)
    return version


def newest_edition(repository: Path) -> dict[str, Path]:
    """Give the files of the newest edition by role, the catalog among them."""
    folder = repository / "metadata"
    files = {role: folder / f"{_newest(repository, role)}.{role}.json" for role in ("snapshot", "targets")}
    targets = Metadata[Targets].from_file(str(files["targets"])).signed
    digest = targets.targets[TARGET].hashes["sha256"]
    catalog = repository / "targets" / f"{digest}.{TARGET}"
    return {"root": newest_root(repository), "timestamp": folder / "timestamp.json", "catalog": catalog, **files}


def now_utc() -> datetime:
    """Give the moment, to the second as metadata has it."""
    return datetime.now(UTC).replace(microsecond=0)


def _trust(root: Root, signers: Mapping[str, Signers], threshold: int) -> None:
    if not 1 <= threshold <= len(signers["root"]):
        raise ValueError(f"a threshold of {threshold} needs as many root keys, there are {len(signers['root'])}")
    for role, holders in signers.items():
        for holder in holders:
            root.add_key(holder.public_key, role)
    root.roles["root"].threshold = threshold


def _signed(metadata: Metadata[T], signers: Signers) -> Metadata[T]:
    for signer in signers:
        metadata.sign(signer, append=True)
    return metadata


def _write_timestamp(
    repository: Path, version: int, snapshot: int, signers: Mapping[str, Signers], now: datetime
) -> None:
    timestamp = Timestamp(version, expires=now + timedelta(days=TIMESTAMP_DAYS), snapshot_meta=MetaFile(snapshot))
    part = repository / "metadata" / ".timestamp.json"
    _signed(Metadata(timestamp), signers["timestamp"]).to_file(str(part))
    part.replace(repository / "metadata" / "timestamp.json")


def _newest(repository: Path, role: str) -> int:
    if role == "timestamp":
        path = repository / "metadata" / "timestamp.json"
        return Metadata[Timestamp].from_file(str(path)).signed.version if path.exists() else 0
    found = (repository / "metadata").glob(f"*.{role}.json")
    return max((int(path.name.partition(".")[0]) for path in found), default=0)
