"""Lines and columns on demand: only documents that somebody asks about are parsed again."""

import re
from collections import OrderedDict
from pathlib import Path as FilePath
from typing import Final, NamedTuple

from getmesh.analysis.placing import Place
from getmesh.model.fields.spelling import underscored
from getmesh.model.objects import Object
from getmesh.model.paths import Path
from getmesh.sources.encodings import to_utf8
from getmesh.sources.places import UnreadableError
from getmesh.sources.placing import Outline
from getmesh.sources.splitting import Chunk

__all__ = ["Comment", "Locator", "Place"]

_KEPT: Final = 64
_SUPPRESSION: Final = re.compile(
    rb"(?:^|[ \t])#[ \t]*getmesh:[ \t]*ignore[ \t]+([A-Za-z0-9*,\t ]+?)[ \t]*(?:--[ \t]*(.*))?$"
)
_COMMENT: Final = re.compile(rb"[ \t]*(?:#.*)?\r?$")


class Comment(NamedTuple):
    """A comment ``# getmesh: ignore CODE[, CODE] -- reason``.

    Attributes:
        line: where the comment stands, from 1.
        codes: as written, ``*`` for all.
        reason: as written, ``""`` without one.
    """

    line: int
    codes: tuple[str, ...]
    reason: str


class Locator:
    """Knows where values stand. Files are read again when needed; standard input is kept."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}
        self._outlines: OrderedDict[tuple[str, int], Outline | None] = OrderedDict()
        self._comments: dict[str, list[Comment]] = {}
        self._silenced: dict[str, dict[int, list[Comment]]] = {}

    def keep(self, file: str, data: bytes) -> None:
        """Hold the bytes of something that cannot be read twice."""
        self._kept[file] = data

    def size(self, file: str) -> int:
        """Give how many bytes a file has, 0 if that cannot be told."""
        kept = self._kept.get(file)
        if kept is not None:
            return len(kept)
        try:
            return FilePath(file).stat().st_size
        except OSError:
            return 0

    def data(self, file: str) -> bytes:
        """Give a file's text in UTF-8; raise OSError if it cannot be read, UnreadableError if it is no such text."""
        raw = self._kept.get(file)
        if raw is None:
            raw = FilePath(file).read_bytes()
        text = to_utf8(raw)
        if text is not raw:
            self._kept[file] = text
        return text

    def locate(self, obj: Object, path: Path) -> Place:
        """Give the place of a scalar value, else of its key, else of the nearest ancestor that is there.

        The empty path gives the first line of the object. An object that was read from no file gives an empty place.
        Fields of Istio's kinds are found in both spellings that Istio reads.
        """
        origin = obj.origin
        if origin is None or not origin.file:
            return Place("", 0, 0)
        other = (*origin.prefix, *underscored(obj.key, path))
        return self.find(origin.file, Chunk(origin.start, origin.end, origin.line), (*origin.prefix, *path), other)

    def find(self, file: str, chunk: Chunk, path: Path, other: Path = ()) -> Place:
        """Give the place of a path, or else of another as long, in a document; its first line if it is unreadable."""
        outline = self._outline(file, chunk)
        spot = outline.find(path, other) if outline is not None else None
        if spot is None:
            return Place(file, chunk.line, 1)
        return Place(file, chunk.line + spot.line, spot.column + 1)

    def source_lines(self, file: str, first: int, last: int) -> list[str]:
        """Give the lines of a file from first to last, without line ends; fewer if the file is shorter."""
        lines = self._lines(file)[max(first, 1) - 1 : max(last, 0)]
        return [line.decode("utf-8", "replace").removesuffix("\r") for line in lines]

    def suppression_comments(self, file: str) -> list[Comment]:
        """Give the comments of a file that ask for silence, in order."""
        if file not in self._comments:
            lines = self._lines(file)
            found = ((number, line) for number, line in enumerate(lines, 1) if b"getmesh:" in line)
            self._comments[file] = [comment for number, line in found if (comment := _comment(number, line))]
            self._silenced[file] = _by_line(self._comments[file], lines)
        return self._comments[file]

    def suppression(self, place: Place, code: str) -> Comment | None:
        """Give the comment that silences a code at a place: on its line, or in the comment lines right above it."""
        if not place.file or not self.suppression_comments(place.file):
            return None
        for comment in self._silenced[place.file].get(place.line, ()):
            if "*" in comment.codes or code in comment.codes:
                return comment
        return None

    def _lines(self, file: str) -> list[bytes]:
        try:
            return self.data(file).split(b"\n")
        except (OSError, UnreadableError):
            return []

    def _outline(self, file: str, chunk: Chunk) -> Outline | None:
        key = (file, chunk.start)
        if key in self._outlines:
            self._outlines.move_to_end(key)
            return self._outlines[key]
        try:
            outline = Outline(self._slice(file, chunk))
        except OSError:
            outline = None
        self._outlines[key] = outline
        if len(self._outlines) > _KEPT:
            self._outlines.popitem(last=False)
        return outline

    def _slice(self, file: str, chunk: Chunk) -> bytes:
        kept = self._kept.get(file)
        if kept is not None:
            return kept[chunk.start : chunk.end]
        with FilePath(file).open("rb") as stream:
            stream.seek(chunk.start)
            return stream.read(chunk.end - chunk.start)


def _comment(number: int, line: bytes) -> Comment | None:
    match = _SUPPRESSION.search(line.rstrip(b"\r"))
    if match is None:
        return None
    codes = tuple(code for code in re.split(r"[,\s]+", match[1].decode()) if code)
    return Comment(number, codes, (match[2] or b"").decode("utf-8", "replace").strip()) if codes else None


def _by_line(comments: list[Comment], lines: list[bytes]) -> dict[int, list[Comment]]:
    """Give the comments by the line that they speak for: their own, or the next one that holds more than a comment."""
    silenced: dict[int, list[Comment]] = {}
    for comment in comments:
        target = comment.line
        while target <= len(lines) and _COMMENT.match(lines[target - 1]):
            target += 1
        silenced.setdefault(target, []).append(comment)
    return silenced
