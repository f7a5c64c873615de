"""A document as a tree of nodes with positions, built from libyaml's events without recursion."""

import re
from typing import Any, Final

from yaml import _yaml
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from getmesh.sources import dialect
from getmesh.sources.places import UnreadableError

SCALAR: Final = 0
SEQUENCE: Final = 1
MAPPING: Final = 2
ALIAS: Final = 3

_JSON_ESCAPE: Final = re.compile(rb"((?<!\\)(?:\\\\)*)\\(/|u[dD][89a-fA-F][0-9a-fA-F]{2})")

MAX_DEPTH: Final = 10_000
"""Levels of nesting that Kubernetes' reader accepts (go-yaml's ``max_flow_level`` and ``max_indents``)."""


class Node:
    """One node; line and column count from 0 inside the text that was parsed.

    Attributes:
        kind: SCALAR, SEQUENCE, MAPPING or ALIAS.
        tag: long form of an explicit tag of a scalar, ``""`` without one.
        plain: a scalar without quotes and tag, whose text decides its type.
        text: text of a scalar, name of an alias.
        children: items of a sequence; key, value, key, value … of a mapping.
        target: what an alias stands for.
    """

    __slots__ = ("children", "column", "kind", "line", "plain", "tag", "target", "text")

    def __init__(self, kind: int, line: int, column: int) -> None:
        self.kind = kind
        self.line = line
        self.column = column
        self.tag = ""
        self.plain = False
        self.text = ""
        self.children: list[Node] = []
        self.target: Node | None = None


class Tree:
    """A parsed document.

    Attributes:
        root: None if the text holds no document.
        rest: (line, column) from 0 of something behind the document, None if there is nothing.
    """

    __slots__ = ("rest", "root")

    def __init__(self, root: Node | None, rest: tuple[int, int] | None) -> None:
        self.root = root
        self.rest = rest


def parse(data: bytes) -> Tree:
    """Give the first document of a text in UTF-8 as go-yaml reads it; raise UnreadableError."""
    text = _text(data)
    done = 0
    while True:
        parser = _yaml.CParser(text)
        builder = _Builder(parser, text)
        try:
            return builder.build()
        except dialect.RepairError as repair:
            mended: str | None = repair.text
        except MarkedYAMLError as error:
            mended = dialect.mend(error, text)
            if mended is None:
                raise _unreadable(error, builder) from None
        except ReaderError as error:
            raise _unacceptable(error, text) from None
        finally:
            parser.dispose()
        done += 1
        if mended is None or not dialect.repairs_left(done):
            raise UnreadableError("too many odd tags and colons")
        text = mended


def yaml_of_json(data: bytes) -> bytes:
    """Give a text of the same length and places whose escapes YAML knows too; keys and texts may differ from it."""
    return _JSON_ESCAPE.sub(lambda found: found[1] + (b"//" if found[2] == b"/" else b"\\uFFFD"), data)


def _text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        raise UnreadableError("not UTF-8", before.count(b"\n") + 1, column) from None
    return dialect.prepare(text)


def _unreadable(error: MarkedYAMLError, builder: "_Builder") -> UnreadableError:
    """Put the parser's complaint into our form; what is missing at the end is blamed on where it began."""
    mark: Any = error.problem_mark or error.context_mark
    message = str(error.problem or error.context or "not YAML")
    if mark is None:
        return UnreadableError(message)
    if mark.index < len(builder.text.rstrip()):
        return UnreadableError(message, mark.line + 1, mark.column + 1)
    if True in builder.flows:
        opener = builder.stack[len(builder.flows) - 1 - builder.flows[::-1].index(True)]
        bracket = "[" if opener.kind == SEQUENCE else "{"
        return UnreadableError(f"'{bracket}' is not closed", opener.line + 1, opener.column + 1)
    mark = error.context_mark or mark
    return UnreadableError(f"{message} before the end", mark.line + 1, mark.column + 1)


def _unacceptable(error: ReaderError, text: str) -> UnreadableError:
    code = error.character if isinstance(error.character, int) else 0
    index = text.find(chr(code))
    before = text[: max(index, 0)]
    message = f"the control character U+{code:04X} is not allowed"
    return UnreadableError(message, before.count("\n") + 1, len(before) - before.rfind("\n"))


class _Builder:
    """Builds the tree; the stack holds the collections that are still open."""

    def __init__(self, parser: Any, text: str) -> None:
        self.parser = parser
        self.text = text
        self.anchors: dict[str, Node] = {}
        self.stack: list[Node] = []
        self.flows: list[bool] = []
        self.depths = [0, 0]
        self.root: Node | None = None

    def build(self) -> Tree:
        """Read events to the end of the first document, and see whether something stands behind it."""
        get_event = self.parser.get_event
        while True:
            event = get_event()
            kind = type(event)
            if kind is ScalarEvent:
                self.scalar(event)
            elif kind is MappingStartEvent:
                self.open(event, MAPPING)
                continue
            elif kind is SequenceStartEvent:
                self.open(event, SEQUENCE)
                continue
            elif kind is AliasEvent:
                self.alias(event)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self.stack.pop()
                self.depths[self.flows.pop()] -= 1
            elif kind is StreamEndEvent:
                return Tree(None, None)
            else:
                if kind is DocumentStartEvent and event.version not in (None, (1, 1)):
                    raise UnreadableError("only version 1.1 of YAML is read", 1, 1)
                continue
            if not self.stack:
                get_event()
                return Tree(self.root, self.rest())

    def rest(self) -> tuple[int, int] | None:
        """Give the place of what follows the document: go-yaml does not look at it."""
        try:
            event = self.parser.get_event()
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            return (0, 0) if mark is None else (mark.line, mark.column)
        except ReaderError:
            return (0, 0)
        return None if type(event) is StreamEndEvent else (event.start_mark.line, event.start_mark.column)

    def add(self, node: Node, anchor: str | None) -> None:
        """Hang a node into the innermost open collection."""
        if anchor is not None:
            self.anchors[anchor] = node
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node

    def scalar(self, event: Any) -> None:
        """Add a scalar; the tag ``!`` says the text is text."""
        mark = event.start_mark
        node = Node(SCALAR, mark.line, mark.column)
        dialect.check_scalar(event, self.text, in_flow=bool(self.flows) and self.flows[-1])
        node.text = dialect.restore(event.value)
        if event.tag is None:
            node.plain = event.style == ""
        else:
            dialect.check_tag(event, self.text)
            if event.tag != "!":
                node.tag = event.tag
        self.add(node, event.anchor)

    def open(self, event: Any, kind: int) -> None:
        """Add a collection and open it; go-yaml ignores its tag."""
        if event.tag is not None:
            dialect.check_tag(event, self.text)
        mark = event.start_mark
        node = Node(kind, mark.line, mark.column)
        self.add(node, event.anchor)
        self.stack.append(node)
        flow = bool(event.flow_style)
        self.flows.append(flow)
        self.depths[flow] += 1
        if self.depths[flow] > MAX_DEPTH:
            raise UnreadableError(f"nested more than {MAX_DEPTH} levels deep", mark.line + 1, mark.column + 1)

    def alias(self, event: Any) -> None:
        """Add an alias of an anchor that was already seen."""
        mark = event.start_mark
        node = Node(ALIAS, mark.line, mark.column)
        node.text = event.anchor
        node.target = self.anchors.get(event.anchor)
        if node.target is None:
            raise UnreadableError(f"unknown anchor {event.anchor!r}", mark.line + 1, mark.column + 1)
        self.add(node, None)
