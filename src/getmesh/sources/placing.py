"""Where the places of a document stand in its text."""

import json
import re
from typing import Any, Final, NamedTuple

from yaml import _yaml
from yaml.error import YAMLError
from yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from getmesh.model.paths import Path
from getmesh.sources.exact import is_merge, merge_sources
from getmesh.sources.nodes import ALIAS, MAPPING, SCALAR, SEQUENCE, Node, parse, yaml_of_json
from getmesh.sources.places import UnreadableError
from getmesh.sources.scalars import key_text, plain, tagged

_BLANKS: Final = re.compile(r"[ \t\n\r]*")
_LARGE: Final = 256_000


class Spot(NamedTuple):
    """A position inside a text, from 0."""

    line: int
    column: int


class Span(NamedTuple):
    """Where an item of a long list stands in its document's text.

    Attributes:
        start, end: characters.
        line, column: place of the start, from 0.
        indent: blanks that must stand before the item's text to parse it alone; its column, or 0 within brackets.
    """

    start: int
    end: int
    line: int
    column: int
    indent: int


class Outline:
    """Answers where paths of one document stand.

    A long list is cut into items first, and only items that somebody asks about are parsed.
    """

    def __init__(self, data: bytes) -> None:
        is_json = data.lstrip()[:1] == b"{"
        self._data = yaml_of_json(data) if is_json else data
        self._root: Node | None = None
        self._text = ""
        self._spans: list[Span] = []
        self._items: dict[int, Node | None] = {}
        if len(data) > _LARGE:
            self._text = self._data.decode("utf-8", "replace").removeprefix("\ufeff")
            self._spans = (_json_items if is_json else _yaml_items)(self._text)
        if not self._spans:
            self._root = _tree(self._data)

    def find(self, path: Path, other: Path = ()) -> Spot | None:
        """Give the position that stands for a path, None if the document cannot be parsed.

        Steps of another path that is as long stand in where a step of the path is not written.
        """
        if len(path) > 1 and path[0] == "items" and isinstance(path[1], int) and path[1] < len(self._spans):
            span = self._spans[path[1]]
            item = self._item(path[1], span)
            if item is not None:
                node = walk(item, path[2:], other[2:])
                moved = span.column - span.indent if node.line == 0 else 0
                return Spot(span.line + node.line, node.column + moved)
            return Spot(span.line, span.column)
        if self._root is None:
            return Spot(0, 0) if self._spans else None
        node = walk(self._root, path, other)
        return Spot(node.line, node.column)

    def _item(self, index: int, span: Span) -> Node | None:
        if index not in self._items:
            text = " " * span.indent + self._text[span.start : span.end]
            self._items[index] = _tree(text.encode("utf-8", "replace"))
        return self._items[index]


def _tree(data: bytes) -> Node | None:
    try:
        return parse(data).root
    except UnreadableError:
        return None


def walk(root: Node, path: Path, other: Path = ()) -> Node:
    """Give the node whose position stands for a path: a scalar value, a key, or the nearest ancestor."""
    node = place = root
    for step, instead in zip(path, other or path, strict=True):
        while node.kind == ALIAS and node.target is not None:
            node = node.target
        if node.kind == SEQUENCE and isinstance(step, int) and 0 <= step < len(node.children):
            node = place = node.children[step]
            continue
        pair = _entry(node, step) if node.kind == MAPPING and isinstance(step, str) else None
        if pair is None and instead != step and node.kind == MAPPING and isinstance(instead, str):
            pair = _entry(node, instead)
        if pair is None:
            return place
        key, node = pair
        written = node.kind == ALIAS or (node.kind == SCALAR and (node.text != "" or not node.plain))
        place = node if written else key
    return place


def _entry(mapping: Node, name: str) -> tuple[Node, Node] | None:
    """Give the key and value that count for a name: the last one written, merged maps included."""
    children = mapping.children
    for position in range(len(children) - 2, -2, -2):
        key, value = children[position], children[position + 1]
        if is_merge(key):
            for source in reversed(merge_sources(value)):
                target = source.target if source.kind == ALIAS else source
                found = _entry(target, name) if target is not None else None
                if found is not None:
                    return found
        elif _key_name(key) == name:
            return key, value
    return None


def _key_name(key: Node) -> str | None:
    scalar = key.target if key.kind == ALIAS else key
    if scalar is None or scalar.kind != SCALAR:
        return None
    if not scalar.plain and not scalar.tag:
        return scalar.text
    try:
        return key_text(tagged(scalar.tag, scalar.text) if scalar.tag else plain(scalar.text))
    except UnreadableError:
        return None


def _yaml_items(text: str) -> list[Span]:
    """Give the spans of the items of a top-level ``items`` by one pass over the events; none if that fails."""
    parser: Any = _yaml.CParser(text)
    spans: list[Span] = []
    depth = 0
    key = ""
    start: Any = None
    indent = 0
    try:
        while (event := parser.get_event()) is not None:
            kind = type(event)
            opens = kind is MappingStartEvent or kind is SequenceStartEvent
            if depth == 1 and kind is ScalarEvent:
                key = event.value
            if depth == 2 and key == "items" and (opens or kind is ScalarEvent):  # noqa: PLR2004 - map, then list
                start = event.start_mark
                indent = 0 if getattr(event, "flow_style", True) else start.column
            depth += opens - (kind is MappingEndEvent or kind is SequenceEndEvent)
            if start is not None and depth == 2 and not opens:  # noqa: PLR2004 - same
                spans.append(Span(start.index, event.end_mark.index, start.line, start.column, indent))
                start = None
    except YAMLError:
        return []
    finally:
        parser.dispose()
    return spans


def _json_items(text: str) -> list[Span]:
    """Give the spans of the items of a top-level ``items`` at the speed of the JSON scanner; none if that fails."""
    decoder = json.JSONDecoder()
    spans: list[Span] = []
    line = line_start = counted = 0
    try:
        position = text.index("{") + 1
        while (position := _skip(text, position)) < len(text) and text[position] == '"':
            key, position = decoder.raw_decode(text, position)
            position = _skip(text, _skip(text, position) + 1)
            if key != "items" or text[position] != "[":
                _, position = decoder.raw_decode(text, position)
                position = _skip(text, position) + 1
                continue
            position = _skip(text, position + 1)
            while text[position] != "]":
                _, end = decoder.raw_decode(text, position)
                line += text.count("\n", counted, position)
                line_start = text.rfind("\n", counted, position) + 1 or line_start
                counted = position
                spans.append(Span(position, end, line, position - line_start, 0))
                position = _skip(text, end)
                position = _skip(text, position + 1) if text[position] == "," else position
            break
    except (ValueError, IndexError, RecursionError):
        return []
    return spans


def _skip(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return position if match is None else match.end()
