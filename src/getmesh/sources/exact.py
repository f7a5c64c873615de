"""The value of a tree of nodes, by the rules of go-yaml version 2 and ``sigs.k8s.io/yaml``."""

import math
from collections.abc import Generator
from typing import Any, TypeAlias

from getmesh.sources import scalars
from getmesh.sources.nodes import ALIAS, MAPPING, SCALAR, SEQUENCE, Node
from getmesh.sources.places import Duplicate, UnreadableError

Path: TypeAlias = tuple[str | int, ...]
_Frame: TypeAlias = Generator[tuple[Node, Path], Any, Any]


def json_value(value: Any) -> Any:
    """Give a scalar as it comes out of JSON: whole floats are integers, infinities are refused."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnreadableError(f"{value} is not a number that JSON knows")
        if value.is_integer() and scalars.MIN_INT <= value <= scalars.MAX_INT:
            return int(value)
    return value


def decode(root: Node, duplicates: list[Duplicate]) -> tuple[Any, int]:
    """Give the value of a document and its depth, and note its duplicate keys; raise UnreadableError."""
    decoder = _Decoder(duplicates)
    return decoder.run(root), decoder.depth


class _Decoder:
    """Walks without recursion: each frame on the stack is a generator that asks for the values of its children."""

    def __init__(self, duplicates: list[Duplicate]) -> None:
        self.duplicates = duplicates
        self.open_aliases: set[int] = set()
        self.decoded = 0
        self.aliased = 0
        self.alias_depth = 0
        self.depth = 0

    def run(self, root: Node) -> Any:
        """Drive the frames until the root has its value."""
        stack: list[_Frame] = []
        result, frame = self.enter(root, ())
        if frame is not None:
            stack.append(frame)
        while stack:
            try:
                node, path = stack[-1].send(result)
            except StopIteration as done:
                stack.pop()
                result = done.value
                continue
            result, frame = self.enter(node, path)
            if frame is not None:
                stack.append(frame)
                self.depth = max(self.depth, len(stack))
                result = None
        return result

    def enter(self, node: Node, path: Path) -> tuple[Any, _Frame | None]:
        """Give the value of a scalar, or the frame that will give it."""
        self.count(node)
        if node.kind == SCALAR:
            return _scalar(node), None
        if node.kind == SEQUENCE:
            return None, self.sequence(node, path)
        if node.kind == MAPPING:
            return None, self.mapping(node, path, {})
        return None, self.alias(node, path)

    def count(self, node: Node) -> None:
        """Refuse a document that grows out of its aliases, with go-yaml's limits."""
        self.decoded += 1
        if not self.alias_depth:
            return
        self.aliased += 1
        if self.aliased > 100 and self.decoded > 1000 and self.aliased / self.decoded > _share(self.decoded):  # noqa: PLR2004 - go-yaml's limits
            raise UnreadableError("aliases make this document excessively large", node.line + 1, node.column + 1)

    def alias(self, node: Node, path: Path) -> _Frame:
        """Decode the target anew, as each use may be changed on its own."""
        if id(node) in self.open_aliases:
            raise UnreadableError(f"anchor {node.text!r} contains itself", node.line + 1, node.column + 1)
        self.open_aliases.add(id(node))
        self.alias_depth += 1
        value = yield node.target or node, path
        self.alias_depth -= 1
        self.open_aliases.discard(id(node))
        return value

    def sequence(self, node: Node, path: Path) -> _Frame:
        """Decode item by item."""
        items: list[Any] = []
        for index, child in enumerate(node.children):
            items.append((yield child, (*path, index)))
        return items

    def mapping(self, node: Node, path: Path, into: dict[str, Any]) -> _Frame:
        """Decode into a map in order of writing: what comes later wins, merged keys too."""
        written: set[str] = set()
        children = node.children
        for position in range(0, len(children), 2):
            key_node, value_node = children[position], children[position + 1]
            if is_merge(key_node):
                for source in merge_sources(value_node):
                    yield from self.merge(source, path, into)
                continue
            raw = key_node
            if raw.kind == ALIAS and raw.target is not None:
                raw = raw.target
            if raw.kind != SCALAR:
                raise UnreadableError("a key must be a scalar", key_node.line + 1, key_node.column + 1)
            key = _key(raw)
            if key in written:
                self.duplicates.append(Duplicate((*path, key), key))
            written.add(key)
            into[key] = yield value_node, (*path, key)
        return into

    def merge(self, source: Node, path: Path, into: dict[str, Any]) -> _Frame:
        """Decode one mapping of a merge into the map that merges it."""
        self.count(source)
        target = source
        if source.kind == ALIAS:
            if id(source) in self.open_aliases:
                raise UnreadableError(f"anchor {source.text!r} contains itself", source.line + 1, source.column + 1)
            self.open_aliases.add(id(source))
            self.alias_depth += 1
            target = source.target or source
        kept, self.duplicates = self.duplicates, []
        yield from self.mapping(target, path, into)
        self.duplicates = kept
        if source.kind == ALIAS:
            self.alias_depth -= 1
            self.open_aliases.discard(id(source))


def _share(decoded: int) -> float:
    """Give the share of values that may come from aliases: 99 % in small documents, 10 % in huge ones."""
    low, high = 400_000, 4_000_000
    return 0.99 - 0.89 * (min(max(decoded, low), high) - low) / (high - low)


def _scalar(node: Node) -> Any:
    try:
        if node.tag:
            return json_value(scalars.tagged(node.tag, node.text))
        return json_value(scalars.plain(node.text)) if node.plain else node.text
    except UnreadableError as error:
        raise UnreadableError(error.message, node.line + 1, node.column + 1) from None


def _key(node: Node) -> str:
    try:
        if node.tag:
            return scalars.key_text(scalars.tagged(node.tag, node.text))
        return scalars.key_text(scalars.plain(node.text)) if node.plain else node.text
    except UnreadableError as error:
        raise UnreadableError(error.message, node.line + 1, node.column + 1) from None


def is_merge(node: Node) -> bool:
    """Tell whether a key merges other maps into its map."""
    return node.kind == SCALAR and node.text == "<<" and (node.plain or node.tag == scalars.MERGE_TAG)


def merge_sources(value: Node) -> list[Node]:
    """Give the mappings to merge, the most important one last; raise UnreadableError if something else stands there."""
    found = [value]
    if value.kind == SEQUENCE:
        found = value.children[::-1]
    for node in found:
        target = node.target if node.kind == ALIAS else node
        if target is None or target.kind != MAPPING:
            raise UnreadableError("'<<' needs a map, or a list of maps", node.line + 1, node.column + 1)
    return found
