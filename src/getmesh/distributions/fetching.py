"""From a catalog entry to a verified build in the store.

An archive is compared with the catalog's pin and with the publisher's ``.sha256``, each where there is one, before
anything of it becomes visible. With neither, the build is refused unless the user insists, and stays marked.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from getmesh.distributions import archives
from getmesh.distributions.catalog import Build, Flavor
from getmesh.distributions.checksums import LONGEST, digest_of, parse_checksum, parse_digest
from getmesh.distributions.download import Download, Progress
from getmesh.distributions.names import record_file
from getmesh.distributions.platforms import archive_name, member_name
from getmesh.distributions.store import UNVERIFIED, FetchedBuild, Store, timestamp
from getmesh.errors import InputError, NetworkError, TrustError, UsageError
from getmesh.ports.clock import Clock
from getmesh.ports.disk import locked, remove_tree
from getmesh.ports.http import HttpPort, StatusError, TransientError

_WAIT_SECONDS = 900
_ABSENT = frozenset({401, 403, 404, 410})
RETIRED_HOSTS = frozenset({"storage.googleapis.com", "istio-release.storage.googleapis.com"})


class UnvouchedError(TrustError):
    """No checksum is known of an archive."""


class Order(msgspec.Struct, frozen=True):
    """What to fetch, and how.

    Attributes:
        build: the catalog's entry.
        flavor: its flavor's entry, for the sources.
        platform: such as ``linux/amd64``.
        mirror: address of a folder that holds ``<version>/<archive>``, tried before all others.
        archive: an archive at hand, used instead of the network.
        digest: SHA-256 of the archive that the user knows.
        allow_unverified: take a build that nothing vouches for.
        activate: make it the active build.
    """

    build: Build
    flavor: Flavor
    platform: str
    mirror: str = ""
    archive: Path | None = None
    digest: str = ""
    allow_unverified: bool = False
    activate: bool = True

    @property
    def file(self) -> str:
        """The archive's file name."""
        url = self.build.urls.get(self.platform)
        if url:
            return url.rpartition("/")[2]
        return archive_name(self.build.version, self.build.flavor, self.build.flavor_version, self.platform)

    def addresses(self) -> list[str]:
        """Where the archive may be had, in the order to try.

        Raises:
            UsageError: nowhere.
        """
        version = self.build.version
        found = [text.replace("{version}", version).replace("{file}", self.file) for text in self.flavor.sources]
        if own := self.build.urls.get(self.platform):
            found.insert(0, own)
        if self.mirror:
            found.insert(0, f"{self.mirror.rstrip('/')}/{version}/{self.file}")
        found = [url for url in found if host(url) not in RETIRED_HOSTS]
        if not found:
            raise UsageError(f"{self.build.name} cannot be downloaded: {self.flavor.unavailable}", hint=self._by_hand())
        return found

    def _by_hand(self) -> str:
        """Say how a build comes here that nobody may download."""
        return (
            f"Get {self.file} and its checksum from the maker of {self.flavor.title}, then: "
            f"getmesh fetch {self.build.name} --archive {self.file} --sha256 HEX\n"
            f"  Or put it into a folder of yours as {self.build.version}/{self.file} with its .sha256 beside it: "
            f"getmesh fetch {self.build.name} --mirror https://…"
        )


class Fetcher:
    """Brings builds into a store.

    Args:
        store: where they go.
        http: gives the network when it is needed.
        clock: for pauses and the moment of the fetch.
        progress: told bytes so far and in total.
        tell: told what happens, one sentence each.
    """

    def __init__(
        self, store: Store, http: Callable[[], HttpPort], clock: Clock, progress: Progress, tell: Callable[[str], None]
    ) -> None:
        self._store = store
        self._http = http
        self._clock = clock
        self._progress = progress
        self._tell = tell

    def fetch(self, order: Order) -> FetchedBuild:
        """Make the build part of the store, unless it is there already.

        Raises:
            TrustError: what came is not what was promised, or nothing vouches for it.
            NetworkError: no source delivered.
            UsageError: the build does not exist for this platform or nowhere.
        """
        platforms = order.build.platforms
        if platforms and order.platform not in platforms:
            raise UsageError(
                f"{order.build.name} does not exist for {order.platform}", hint=f"For: {', '.join(platforms)}."
            )
        label = record_file(order.build.name, order.platform)
        lock = self._store.home / "locks" / f"fetch-{label}"
        with locked(lock, wait_seconds=_WAIT_SECONDS, what=f"the fetch of {order.build.name}"):
            present = self._store.find(order.build.name, order.platform)
            if present is not None and not present.fault:
                self._tell(f"{order.build.name} is fetched already")
                if order.activate:
                    self._store.switch(present)
                return present
            return self._acquire(order, label)

    def _acquire(self, order: Order, label: str) -> FetchedBuild:
        for abandoned in (self._store.home / "staging").glob(f"{label}.*"):
            remove_tree(abandoned)
        if order.archive is not None:
            known = self._vouch_for_file(order)
            actual = digest_of(order.archive)
            return self._unpack(order, label, order.archive, actual, known, str(order.archive.absolute()))
        failures: list[NetworkError | UnvouchedError] = []
        for url in order.addresses():
            try:
                return self._from_address(order, label, url)
            except (NetworkError, UnvouchedError) as error:
                failures.append(error)
                self._tell(error.message)
        unvouched = next((error for error in failures if isinstance(error, UnvouchedError)), None)
        if unvouched or len(failures) == 1:
            raise unvouched or failures[0]
        hint = next((error.hint for error in failures if error.hint), _ELSEWHERE)
        raise NetworkError(f"no source delivered {order.file} ({len(failures)} tried)", hint=hint)

    def _from_address(self, order: Order, label: str, url: str) -> FetchedBuild:
        digests = self._vouchers(order, self._published(order, url))
        folder = self._store.home / "downloads"
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{label}-{order.file}.part"
        download = Download(self._http(), self._clock, part, self._progress)
        self._tell(f"fetching {url}")
        actual = download.run(url)
        try:
            build = self._unpack(order, label, part, actual, digests, url)
        except TrustError:
            download.discard()
            raise
        download.discard()
        return build

    def _published(self, order: Order, url: str) -> str:
        """Give the digest that the source publishes beside the archive, empty if it publishes none."""
        address = f"{url}.sha256"
        for attempt in range(3):
            try:
                with self._http().get(address) as answer:
                    body = b"".join(_limited(answer.chunks, LONGEST))
                return parse_checksum(body, url.rpartition("/")[2])
            except TransientError as error:
                if attempt == 2:  # noqa: PLR2004 - the last of three
                    raise
                self._clock.sleep(error.wait or 0.5)
            except StatusError as error:
                if error.status not in _ABSENT:
                    raise
                break
            except TrustError as error:
                if "speaks of" in error.message:
                    raise
                raise NetworkError(f"{address}: {error.message}") from error
        self._tell(f"{host(url)} publishes no checksum of {order.file}")
        return ""

    def _vouch_for_file(self, order: Order) -> dict[str, str]:
        path = order.archive
        if path is None or not path.is_file():
            raise InputError(f"{path}: no such file", hint="Name the archive that holds istioctl alone.")
        beside = path.with_name(path.name + ".sha256")
        published = ""
        if beside.is_file():
            with beside.open("rb") as file:
                published = parse_checksum(file.read(LONGEST), order.file)
        return self._vouchers(order, published)

    def _vouchers(self, order: Order, published: str) -> dict[str, str]:
        """Give the known digests by kind; they agree.

        Raises:
            TrustError: they contradict one another, or there is none and the user does not insist.
        """
        known = {
            "pinned": order.build.digests.get(order.platform, "").lower(),
            "published": published,
            "given": parse_digest(order.digest) if order.digest else "",
        }
        known = {kind: digest for kind, digest in known.items() if digest}
        if len(set(known.values())) > 1:
            told = ", ".join(f"{kind} {digest[:12]}…" for kind, digest in known.items())
            raise TrustError(f"the checksums of {order.file} contradict one another: {told}", hint=_HOSTILE)
        if not known and not order.allow_unverified:
            raise UnvouchedError(
                f"nothing vouches for {order.file}: neither catalog nor source has its checksum", hint=_INSIST
            )
        return known

    def _unpack(
        self, order: Order, label: str, archive: Path, actual: str, digests: dict[str, str], source: str
    ) -> FetchedBuild:
        for kind, digest in digests.items():
            if actual != digest:
                raise TrustError(f"{order.file} has SHA-256 {actual}, {kind} is {digest}", hint=_HOSTILE)
        staged = self._store.new_staging(label)
        try:
            member = member_name(order.platform)
            extracted = archives.extract(archive, member, staged / member)
            build = FetchedBuild(
                name=order.build.name,
                platform=order.platform,
                sha256=extracted.sha256,
                size=extracted.size,
                archive=order.file,
                archive_sha256=actual,
                verified="+".join(digests) or UNVERIFIED,
                source=source,
                fetched=timestamp(self._clock.now()),
            )
            self._store.commit(staged, build, activate=order.activate)
        finally:
            remove_tree(staged)
        return build


def host(url: str) -> str:
    """Give the host of an address, the address itself if it names none."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def named_by_archive(path: Path) -> tuple[str, str] | None:
    """Give build name and platform that an archive's file name states, None if it states none."""
    match = _ARCHIVE.fullmatch(path.name)
    if match is None:
        return None
    version, flavor, number, system, architecture = match.groups()
    name = f"{version}-{flavor or 'istio'}-v{number or 0}"
    systems = {"osx": "darwin", "win": "windows"}
    return name, f"{systems.get(system, system)}/{architecture or 'amd64'}"


def _limited(chunks: Iterable[bytes], most: int) -> list[bytes]:
    taken: list[bytes] = []
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > most:
            raise NetworkError("the checksum file is too long to be one")
        taken.append(chunk)
    return taken


_ARCHIVE = re.compile(
    r"istioctl-(\d+\.\d+\.\d+)(?:-([a-z][a-z-]*)-v(\d+))?-(linux|osx|win)(?:-(amd64|arm64|armv7))?\.(?:tar\.gz|zip)"
)
_HOSTILE = "Do not use it. Fetch again; if it stays, tell the publisher: the file may have been tampered with."
_INSIST = "Give its SHA-256 with --sha256, or take it all the same with --allow-unverified; it stays marked for ever."
_ELSEWHERE = "Use --archive FILE with an archive from elsewhere, or --mirror ADDRESS."
