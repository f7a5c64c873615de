"""Lines and columns on demand: only documents that somebody asks about are parsed again."""

import re
from collections import OrderedDict
from pathlib import Path as FilePath
from typing import Final, NamedTuple

from getmesh.model.objects import Object
from getmesh.model.paths import Path
from getmesh.sources.nodes import ALIAS, MAPPING, SCALAR, SEQUENCE, Node, parse
from getmesh.sources.places import Place, UnreadableError
from getmesh.sources.splitting import Chunk

__all__ = ["Locator", "Place", "Suppression"]

_KEPT_TREES: Final = 64
_SUPPRESSION: Final = re.compile(
    rb"(?:^|[ \t])#[ \t]*getmesh:[ \t]*ignore[ \t]+([A-Za-z0-9*,\t ]+?)[ \t]*(?:--[ \t]*(.*))?$"
)


class Suppression(NamedTuple):
    """A comment ``# getmesh: ignore CODE[, CODE] -- reason``.

    Attributes:
        line: where the comment stands, from 1; it speaks for its own line and the next one.
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
        self._trees: OrderedDict[tuple[str, int], Node | None] = OrderedDict()

    def keep(self, file: str, data: bytes) -> None:
        """Hold the bytes of something that cannot be read twice."""
        self._kept[file] = data

    def data(self, file: str) -> bytes:
        """Give a file's bytes; raise OSError if it cannot be read."""
        kept = self._kept.get(file)
        return FilePath(file).read_bytes() if kept is None else kept

    def locate(self, obj: Object, path: Path) -> Place:
        """Give the place of a scalar value, else of its key, else of the nearest ancestor that is there.

        The empty path gives the first line of the object. An object that was read from no file gives an empty place.
        """
        origin = obj.origin
        if origin is None or not origin.file:
            return Place("", 0, 0)
        return self.find(origin.file, Chunk(origin.start, origin.end, origin.line), (*origin.prefix, *path))

    def find(self, file: str, chunk: Chunk, path: Path) -> Place:
        """Give the place of a path inside a document."""
        tree = self._tree(file, chunk)
        if tree is None:
            return Place(file, chunk.line, 1)
        node = walk(tree, path)
        return Place(file, chunk.line + node.line, node.column + 1)

    def source_lines(self, file: str, first: int, last: int) -> list[str]:
        """Give the lines of a file from first to last, without line ends; fewer if the file is shorter."""
        try:
            lines = self.data(file).decode("utf-8", "replace").split("\n")
        except OSError:
            return []
        return [line.removesuffix("\r") for line in lines[max(first, 1) - 1 : last]]

    def suppression_comments(self, file: str) -> list[Suppression]:
        """Give the comments of a file that ask for silence, in order."""
        try:
            data = self.data(file)
        except OSError:
            return []
        found: list[Suppression] = []
        if b"getmesh:" not in data:
            return found
        for number, line in enumerate(data.split(b"\n"), 1):
            match = _SUPPRESSION.search(line.rstrip(b"\r")) if b"getmesh:" in line else None
            if match is not None:
                codes = tuple(re.split(r"[,\s]+", match[1].decode().strip(", \t")))
                found.append(Suppression(number, codes, (match[2] or b"").decode("utf-8", "replace").strip()))
        return found

    def _tree(self, file: str, chunk: Chunk) -> Node | None:
        key = (file, chunk.start)
        if key in self._trees:
            self._trees.move_to_end(key)
            return self._trees[key]
        try:
            tree = parse(self.data(file)[chunk.start : chunk.end])
        except (OSError, UnreadableError):
            tree = None
        self._trees[key] = tree
        if len(self._trees) > _KEPT_TREES:
            self._trees.popitem(last=False)
        return tree


def walk(root: Node, path: Path) -> Node:
    """Give the node whose position stands for a path: a scalar value, a key, or the nearest ancestor."""
    node = place = root
    for step in path:
        while node.kind == ALIAS and node.target is not None:
            node = node.target
        if node.kind == SEQUENCE and isinstance(step, int) and 0 <= step < len(node.children):
            node = place = node.children[step]
            continue
        pair = _entry(node, step) if node.kind == MAPPING and isinstance(step, str) else None
        if pair is None:
            return place
        key, node = pair
        place = node if node.kind in (SCALAR, ALIAS) and (node.text or not node.plain) else key
    return place


def _entry(mapping: Node, name: str) -> tuple[Node, Node] | None:
    """Give the key and value that count for a name: the last one written, merged maps included."""
    children = mapping.children
    for position in range(len(children) - 2, -2, -2):
        key, value = children[position], children[position + 1]
        if key.kind == SCALAR and key.text == name:
            return key, value
    return None
