"""One archive from one address into one file: resumed where it broke off, tried again, bounded.

What was downloaded so far stays in ``<file>.part`` with a note of the address and the server's tag for that content;
it is continued only when both still hold, so that two different files are never joined.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from getmesh.distributions.archives import looks_like_archive
from getmesh.distributions.checksums import Sink
from getmesh.distributions.records import parse, render
from getmesh.errors import NetworkError, TrustError
from getmesh.ports.clock import Clock
from getmesh.ports.disk import write_atomically
from getmesh.ports.http import CHUNK, Answer, HttpPort, TransientError

LARGEST_ARCHIVE = 512 << 20
ATTEMPTS = 4
_BACKOFF_SECONDS = 0.5
_HEAD = 4
Progress = Callable[[int, int | None], None]


class Download:
    """A download that can be continued by a later process.

    Args:
        http: the network.
        clock: for pauses between attempts.
        part: where the bytes so far live.
        progress: told bytes so far and in total (None: unknown).
    """

    def __init__(self, http: HttpPort, clock: Clock, part: Path, progress: Progress) -> None:
        self._http = http
        self._clock = clock
        self._part = part
        self._note = part.with_name(part.name + ".from")
        self._progress = progress

    def run(self, url: str) -> str:
        """Get the whole content of an address into the file and give its SHA-256.

        Raises:
            NetworkError: after the last attempt, or at once where asking again is of no use.
            TrustError: the content is larger than any archive may be.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._attempt(url)
            except TransientError as error:
                if attempt == ATTEMPTS:
                    raise
                self._clock.sleep(error.wait or _BACKOFF_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    def discard(self) -> None:
        """Forget what was downloaded."""
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def _attempt(self, url: str) -> str:
        headers = self._resume_headers(url)
        have = self._part.stat().st_size if headers else 0
        try:
            with self._http.get(url, headers) as answer:
                self._check_kind(answer)
                start = have if answer.status == 206 and _continues(answer.headers, have) else 0  # noqa: PLR2004 - HTTP
                if answer.status == 206 and not start:  # noqa: PLR2004 - HTTP: partial content
                    raise TransientError(f"{url}: the server sent another part than asked for")
                return self._save(url, answer, start)
        except NetworkError as error:
            if headers and not isinstance(error, TransientError):
                # 416 and the like: what we have cannot be continued; the next attempt starts anew.
                self.discard()
                raise TransientError(error.message, hint=error.hint) from error
            raise

    def _save(self, url: str, answer: Answer, start: int) -> str:
        total = _total(answer.headers, start)
        if total is not None and total > LARGEST_ARCHIVE:
            raise TrustError(f"{url}: {total} bytes are more than any archive may have")
        if not start:
            self._part.unlink(missing_ok=True)
            fields = {"url": url, "tag": answer.headers.get("etag", "")}
            write_atomically(self._note, render("download", fields))
        with self._part.open("r+b" if start else "wb") as file, Sink(file) as sink:
            done = self._start_over(file, sink, start)
            for chunk in answer.chunks:
                if not done and not looks_like_archive(chunk[:_HEAD]):
                    raise NetworkError(f"{url}: the answer is no archive", hint=_PAGE_CURE)
                done += len(chunk)
                if done > LARGEST_ARCHIVE:
                    raise TrustError(f"{url}: more than {LARGEST_ARCHIVE} bytes")
                sink.put(chunk)
                self._progress(done, total)
        if total is not None and done != total:
            raise TransientError(f"{url}: the answer broke off after {done} of {total} bytes")
        if not done:
            raise NetworkError(f"{url}: the answer is empty")
        return sink.sha256()

    def _start_over(self, file: IO[bytes], sink: Sink, start: int) -> int:
        """Stand behind the first ``start`` bytes of the file, their digest taken."""
        left = start
        while left and (piece := file.read(min(left, CHUNK))):
            sink.seen(piece)
            left -= len(piece)
        file.truncate(start - left)
        return start - left

    def _resume_headers(self, url: str) -> dict[str, str]:
        try:
            fields = parse("download", self._note.read_bytes())
            size = self._part.stat().st_size
        except (OSError, ValueError):
            return {}
        tag = fields.get("tag", "")
        if fields.get("url") != url or not tag.startswith('"') or not size:
            return {}
        return {"Range": f"bytes={size}-", "If-Range": tag}

    def _check_kind(self, answer: Answer) -> None:
        if answer.headers.get("content-type", "").lower().startswith("text/html"):
            raise NetworkError(f"{answer.url}: the answer is a web page, no archive", hint=_PAGE_CURE)


_PAGE_CURE = "A proxy or a login page may stand in between; open the address in a browser to see it."


def _continues(headers: Mapping[str, str], have: int) -> bool:
    return headers.get("content-range", "").startswith(f"bytes {have}-")


def _total(headers: Mapping[str, str], start: int) -> int | None:
    text = headers.get("content-length", "")
    return start + int(text) if text.isdigit() else None
