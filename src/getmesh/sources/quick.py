"""The short way from an ordinary document to its value: libyaml composes in C, one recursive function builds.

Whatever could be read differently by Kubernetes (`getmesh.sources.dialect`), is tagged, anchored, deep or odd is left
to the exact way. Both give the same values; a property test holds them together.
"""

import operator
import re
from typing import Any, Final

from yaml import _yaml
from yaml.nodes import MappingNode, ScalarNode

from getmesh.sources import scalars
from getmesh.sources.exact import json_value

_MAX_DEPTH: Final = 120
_MAX_CACHED: Final = 100_000
_PROPERTY: Final = re.compile(rb"(?:^|[\s\[{,:?-])[!&]")
_BREAK: Final = re.compile(rb"\r(?!\n)|\xc2\x85|\xe2\x80[\xa8\xa9]|\xef\xbb\xbf")
_BRACKET: Final = re.compile(rb"[\[\]{}]")
_DEEP_INDENT: Final = b" " * _MAX_DEPTH


class OrdinaryError(Exception):
    """This document has something that the short way does not know."""


class Composer(_yaml.CParser):
    """libyaml's composer, its hooks replaced by builtins of C that do nothing and need no frame.

    ``resolve`` gives each untagged node a meaningless tag; tags are not looked at.
    """

    descend_resolver = operator.is_
    ascend_resolver = tuple
    resolve = slice


class _Values(dict[str, Any]):
    """Values of plain scalars by text; texts repeat a lot."""

    def __missing__(self, text: str) -> Any:
        if len(self) > _MAX_CACHED:
            self.clear()
        value = self[text] = json_value(scalars.plain(text))
        return value


class _Keys(dict[str, str]):
    """JSON keys of plain scalars by text; merges are refused."""

    def __missing__(self, text: str) -> str:
        if text == "<<":
            raise OrdinaryError
        if len(self) > _MAX_CACHED:
            self.clear()
        key = self[text] = scalars.key_text(scalars.plain(text))
        return key


_VALUES: Final = _Values()
_KEYS: Final = _Keys()


def is_ordinary(text: bytes) -> bool:
    """Tell whether the short way may be tried on a document."""
    if (b"!" in text or b"&" in text) and _PROPERTY.search(text):
        return False
    if (not text.isascii() or b"\r" in text) and _BREAK.search(text) is not None:
        return False
    if b"\\/" in text or _DEEP_INDENT in text or b"- - - -" in text or b"\n? " in text:
        return False
    if text.startswith(b"%") or b"\n%" in text:
        return False
    brackets = text.count(b"[") + text.count(b"{")
    if brackets and b"?" in text:
        return False
    return brackets <= _MAX_DEPTH or _bracket_depth(text) <= _MAX_DEPTH


def _bracket_depth(text: bytes) -> int:
    """Give how deep brackets nest at most; those in quotes count too, so this errs to the safe side."""
    deepest = depth = 0
    for bracket in _BRACKET.findall(text):
        if bracket in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif depth:
            depth -= 1
    return deepest


def decode(text: bytes) -> Any:
    """Give the value of an ordinary document, None if it is empty.

    Raises OrdinaryError for what only the exact way reads, duplicate keys too, and any parser's error for broken text:
    the exact way then says what is wrong.
    """
    parser = Composer(text)
    try:
        root = parser.get_single_node()
    finally:
        parser.dispose()
    return None if root is None else build(root)


def build(node: Any) -> Any:
    """Give the value of a composed node; raise OrdinaryError or UnreadableError."""
    kind = type(node)
    if kind is ScalarNode:
        return node.value if node.style else _VALUES[node.value]
    if kind is MappingNode:
        built = {}
        pairs = node.value
        for key, value in pairs:
            name = _name(key) if type(key) is not ScalarNode or key.style else _KEYS[key.value]
            if type(value) is ScalarNode:
                built[name] = value.value if value.style else _VALUES[value.value]
            else:
                built[name] = build(value)
        if len(built) != len(pairs):
            raise OrdinaryError
        return built
    return [build(item) for item in node.value]


def _name(key: Any) -> str:
    if type(key) is not ScalarNode:
        raise OrdinaryError
    name: str = key.value
    return name
