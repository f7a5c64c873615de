"""Fetched builds on disk: content-addressed binaries, one record each, an atomic pointer to the active one.

Reading needs no right to write and no lock: every file is replaced whole. Writing happens under one lock, so that
processes agree and a build is never removed while another process makes it the active one.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from getmesh.distributions import layout
from getmesh.distributions.names import host_platform, record_file, split
from getmesh.distributions.records import render
from getmesh.errors import InputError, StorageError
from getmesh.ports.disk import locked, remove_tree, size_of, sync_folder, write_atomically

_WAIT_SECONDS = 60
UNVERIFIED = "unverified"


class FetchedBuild(NamedTuple):
    """One build in the store.

    Attributes:
        name: such as ``1.30.3-istio-v0``.
        platform: such as ``linux/amd64``.
        sha256: of the binary, which is also its address.
        size: of the binary in bytes.
        archive: file name of the archive it came in.
        archive_sha256: of the archive.
        verified: what its archive was compared with: ``pinned``, ``published``, ``pinned+published``, ``given`` or
            ``unverified``; never changes afterwards.
        source: address or path that it came from.
        fetched: moment of the fetch, ISO 8601 in UTC.
        fault: why it cannot be used, else empty.
    """

    name: str
    platform: str
    sha256: str
    size: int
    archive: str
    archive_sha256: str
    verified: str
    source: str
    fetched: str
    fault: str = ""

    def document(self) -> dict[str, object]:
        """Give the fields as our JSON has them."""
        fields = self._asdict()
        return {"archiveSha256" if key == "archive_sha256" else key: value for key, value in fields.items()}


class Store:
    """The builds below one home.

    Args:
        home: folder of our state; it need not exist.
    """

    def __init__(self, home: Path) -> None:
        self.home = home

    def builds(self) -> list[FetchedBuild]:
        """Give all fetched builds, ascending by version, damaged ones included with their ``fault``."""
        folder = self.home / "builds"
        try:
            files = [file for file in os.listdir(folder) if not file.startswith(".")]  # noqa: PTH208 - names alone
        except (FileNotFoundError, NotADirectoryError):
            return []
        found = [self._read(folder / file) for file in files]
        return sorted(found, key=lambda build: (split(build.name) or (), build.platform))

    def find(self, name: str, platform: str) -> FetchedBuild | None:
        """Give one build, None if it is not fetched."""
        path = self.home / "builds" / record_file(name, platform)
        return self._read(path) if path.exists() else None

    def active_name(self) -> str:
        """Give the name of the active build, empty if there is none.

        Raises:
            StorageError: the pointer cannot be read.
        """
        try:
            return (layout.read_active(str(self.home)) or {}).get("name", "")
        except layout.DamagedError as error:
            raise StorageError(str(error), hint="Choose a build again: getmesh switch VERSION") from error

    def binary(self, build: FetchedBuild) -> Path:
        """Give where the binary of a build lives."""
        return Path(layout.blob_path(str(self.home), build.sha256, build.platform))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store's lock.

        Raises:
            StorageError: another process keeps it too long, or the home cannot be written.
        """
        with locked(self.home / "locks" / "store", wait_seconds=_WAIT_SECONDS, what="the builds"):
            yield

    def new_staging(self, label: str) -> Path:
        """Make an empty folder on the store's file system, for what is not finished."""
        folder = self.home / "staging" / f"{label}.{os.urandom(6).hex()}"
        try:
            folder.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise StorageError(
                f"{folder}: {error.strerror}", hint="Set GETMESH_HOME to a folder you may write."
            ) from error
        return folder

    def commit(self, staged: Path, build: FetchedBuild, *, activate: bool) -> None:
        """Make a finished binary part of the store; a crash leaves it in or out, never half.

        Args:
            staged: folder that holds nothing but the binary, flushed to the disk.
            build: its record.
            activate: make it the active build in the same step.
        """
        target = self.binary(build).parent
        with self.writing():
            if not self._is_whole(build):
                self._place(staged, target)
            remove_tree(staged)
            self._write_record(build)
            if activate:
                self._point_at(build)

    def switch(self, build: FetchedBuild) -> None:
        """Make a fetched build the active one.

        Raises:
            InputError: it is for another platform, damaged, or gone by now.
        """
        if build.platform != host_platform():
            raise InputError(f"{build.name} is for {build.platform}, this machine is {host_platform()}")
        with self.writing():
            now = self.find(build.name, build.platform)
            if now is None or now.fault:
                fault = now.fault if now else f"{build.name} was removed just now"
                raise InputError(fault, hint=f"Fetch it again: getmesh fetch {build.name}")
            self._point_at(now)

    def remove(self, builds: list[FetchedBuild]) -> int:
        """Remove builds, but never the active one, and what no record names any more; give the bytes freed."""
        freed = 0
        with self.writing():
            active = self.active_name()
            for build in builds:
                if build.name != active or build.platform != host_platform():
                    (self.home / "builds" / record_file(build.name, build.platform)).unlink(missing_ok=True)
            for folder in self.leftovers():
                freed += size_of(folder)
                remove_tree(folder)
        return freed

    def leftovers(self) -> list[Path]:
        """Give what no record names and no running fetch owns: orphaned binaries, stale staging and downloads."""
        named = {build.sha256 for build in self.builds()}
        with suppress(layout.DamagedError):  # what it named is named by a record as well
            named.add((layout.read_active(str(self.home)) or {}).get("sha256", ""))
        blobs = [folder for folder in _children(self.home / "blobs") if folder.name not in named]
        work = [*_children(self.home / "staging"), *_children(self.home / "downloads")]
        return blobs + [path for path in work if _is_stale(path)]

    def _read(self, path: Path) -> FetchedBuild:
        name, _, platform = path.name.rpartition(".")
        try:
            fields = layout.read_state(str(path), "build") or {}
            size = int(fields["size"])
            fault = self._fault(fields, size)
            return FetchedBuild(
                name=fields["name"],
                platform=fields["platform"],
                sha256=fields["sha256"],
                size=size,
                archive=fields.get("archive", ""),
                archive_sha256=fields.get("archive-sha256", ""),
                verified=fields.get("verified", UNVERIFIED),
                source=fields.get("source", ""),
                fetched=fields.get("fetched", ""),
                fault=fault,
            )
        except (layout.DamagedError, KeyError, ValueError) as error:
            fault = str(error) if isinstance(error, layout.DamagedError) else f"{path}: the record is incomplete"
            system, _, architecture = platform.partition("-")
            return FetchedBuild(name, f"{system}/{architecture}", "0" * 64, 0, "", "", UNVERIFIED, "", "", fault)

    def _fault(self, fields: dict[str, str], size: int) -> str:
        path = Path(layout.blob_path(str(self.home), fields["sha256"], fields["platform"]))
        try:
            have = path.stat().st_size
        except OSError:
            return f"the binary of {fields['name']} is gone: {path}"
        return "" if have == size else f"the binary of {fields['name']} has {have} bytes instead of {size}: {path}"

    def _is_whole(self, build: FetchedBuild) -> bool:
        """Whether this content is here already: then it stays, since somebody may be running it."""
        from getmesh.distributions.checksums import digest_of  # noqa: PLC0415 - only a fetch needs hashes

        try:
            return digest_of(self.binary(build)) == build.sha256
        except OSError:
            return False

    def _place(self, staged: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            aside = self.new_staging("damaged")
            target.rename(aside / "old")
            remove_tree(aside)
        sync_folder(staged)
        staged.chmod(0o755)
        staged.rename(target)
        sync_folder(target.parent)

    def _write_record(self, build: FetchedBuild) -> None:
        fields = {
            "name": build.name,
            "platform": build.platform,
            "sha256": build.sha256,
            "size": str(build.size),
            "archive": build.archive,
            "archive-sha256": build.archive_sha256,
            "verified": build.verified,
            "source": build.source,
            "fetched": build.fetched,
        }
        write_atomically(self.home / "builds" / record_file(build.name, build.platform), render("build", fields))

    def _point_at(self, build: FetchedBuild) -> None:
        fields = {"name": build.name, "platform": build.platform, "sha256": build.sha256, "size": str(build.size)}
        write_atomically(self.home / "active", render("active", fields))


def timestamp(now: float) -> str:
    """Give a moment as state files have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _is_stale(path: Path) -> bool:
    """Whether no fetch has written here for an hour, which is longer than any of them stays silent."""
    try:
        return time.time() - path.stat().st_mtime > 3600  # noqa: PLR2004 - said above
    except OSError:
        return False
