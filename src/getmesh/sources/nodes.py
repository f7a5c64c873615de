"""A document as a tree of nodes with positions, built from libyaml's events without recursion."""

from typing import Any, Final

from yaml import _yaml
from yaml.error import MarkedYAMLError
from yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent
from yaml.reader import ReaderError

from getmesh.sources.places import UnreadableError

SCALAR: Final = 0
SEQUENCE: Final = 1
MAPPING: Final = 2
ALIAS: Final = 3

MAX_DEPTH: Final = 10_000
"""Levels of nesting that Kubernetes' reader accepts (go-yaml's ``max_flow_level``)."""


class Node:
    """One node; line and column count from 0 inside the text that was parsed.

    Attributes:
        kind: SCALAR, SEQUENCE, MAPPING or ALIAS.
        tag: long form of an explicit tag of a scalar, ``""`` without one.
        plain: a scalar without quotes, whose text decides its type.
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


def unreadable(error: Exception, text: bytes) -> UnreadableError:
    """Put a parser's complaint into our form, with a place inside the text."""
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        message = str(error.problem or error.context or "not YAML")
        if mark is None:
            return UnreadableError(message)
        return UnreadableError(message, mark.line + 1, mark.column + 1)
    if isinstance(error, ReaderError):
        before = text[: error.position] if isinstance(error.position, int) else b""
        line = before.count(b"\n") + 1
        return UnreadableError(str(error.reason), line, len(before) - before.rfind(b"\n"))
    return UnreadableError(str(error) or "not YAML")


def parse(text: bytes) -> Node | None:
    """Give the root of the first document in the text, None if there is none; raise UnreadableError."""
    parser = _yaml.CParser(text)
    try:
        return _Tree(parser).build()
    except (MarkedYAMLError, ReaderError) as error:
        raise unreadable(error, text) from None
    finally:
        parser.dispose()


class _Tree:
    """Builds the tree; the stack holds the collections that are still open."""

    def __init__(self, parser: Any) -> None:
        self.parser = parser
        self.anchors: dict[str, Node] = {}
        self.stack: list[Node] = []
        self.root: Node | None = None

    def build(self) -> Node | None:
        """Read events to the end of the first document."""
        get_event = self.parser.get_event
        while True:
            event = get_event()
            if event is None:
                return None
            kind = type(event)
            if kind is ScalarEvent:
                self.scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self.open(event, MAPPING if kind is MappingStartEvent else SEQUENCE)
                continue
            elif kind is AliasEvent:
                self.alias(event)
            elif kind.__name__ in ("MappingEndEvent", "SequenceEndEvent"):
                self.stack.pop()
            else:
                continue
            if not self.stack:
                get_event()
                return self.root

    def add(self, node: Node, event: Any) -> None:
        """Hang a node into the innermost open collection."""
        if event.anchor is not None and node.kind != ALIAS:
            self.anchors[event.anchor] = node
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node

    def scalar(self, event: ScalarEvent) -> None:
        """Add a scalar; the tag ``!`` says the text is text."""
        node = Node(SCALAR, event.start_mark.line, event.start_mark.column)
        node.text = event.value
        if event.tag is None:
            node.plain = event.style == ""
        elif event.tag != "!":
            node.tag = event.tag
        self.add(node, event)

    def open(self, event: Any, kind: int) -> None:
        """Add a collection and open it."""
        node = Node(kind, event.start_mark.line, event.start_mark.column)
        self.add(node, event)
        self.stack.append(node)
        if len(self.stack) > MAX_DEPTH:
            raise UnreadableError(f"nested more than {MAX_DEPTH} levels deep", node.line + 1, node.column + 1)

    def alias(self, event: AliasEvent) -> None:
        """Add an alias of an anchor that was already seen."""
        node = Node(ALIAS, event.start_mark.line, event.start_mark.column)
        node.text = event.anchor
        node.target = self.anchors.get(event.anchor)
        if node.target is None:
            raise UnreadableError(f"unknown anchor {event.anchor!r}", node.line + 1, node.column + 1)
        self.add(node, event)
