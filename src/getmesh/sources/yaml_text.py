"""Decode texts in YAML or JSON as Kubernetes does."""

from typing import Any, Final, NamedTuple

from yaml.error import YAMLError

from getmesh.errors import InputError
from getmesh.sources import exact, json_text, nodes, quick
from getmesh.sources.places import Duplicate, UnreadableError
from getmesh.sources.splitting import split

MAX_OBJECT_DEPTH: Final = 250
"""Levels of nesting that an object may have here; no Kubernetes object comes near."""


class Decoded(NamedTuple):
    """One document.

    Attributes:
        value: None, bool, int (64 bits), float, str, list or dict with keys of str.
        duplicates: keys that stand twice in a map.
        rest: (line, column) from 1, in the text, of something behind the document that Kubernetes does not read.
        depth: levels of nesting, 0 if they are few.
    """

    value: Any
    duplicates: tuple[Duplicate, ...] = ()
    rest: tuple[int, int] | None = None
    depth: int = 0


def decode(text: bytes | str) -> list[Any]:
    """Give the value of each document that is not empty, in order; raise InputError for the first unreadable one."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    values: list[Any] = []
    for chunk in split(data):
        try:
            decoded = decode_document(data[chunk.start : chunk.end])
        except UnreadableError as error:
            line = chunk.line + max(error.line - 1, 0)
            raise InputError(f"line {line}: {error.message}", hint="mend the YAML of that line") from None
        if decoded.depth > MAX_OBJECT_DEPTH:
            raise InputError(f"line {chunk.line}: nested {decoded.depth} levels deep", hint="flatten the document")
        if decoded.value is not None:
            values.append(decoded.value)
    return values


def decode_document(text: bytes) -> Decoded:
    """Give one document, the first one of the text; an empty one has the value None; raise UnreadableError."""
    if text[:1] in (b"{", b"[") or text.lstrip()[:1] == b"{":
        try:
            value, twice = json_text.decode(text)
        except json_text.NotJsonError:
            pass
        else:
            return Decoded(value, _json_duplicates(text) if twice else ())
    if quick.is_ordinary(text):
        try:
            return Decoded(quick.decode(text))
        except (YAMLError, UnreadableError, quick.OrdinaryError, RecursionError, UnicodeError):
            pass  # the exact way says what is wrong, or reads it
    return decode_exactly(text)


def decode_exactly(text: bytes) -> Decoded:
    """Do the same without short cuts."""
    tree = nodes.parse(text)
    rest = None if tree.rest is None else (tree.rest[0] + 1, tree.rest[1] + 1)
    if tree.root is None:
        return Decoded(None, (), rest)
    duplicates: list[Duplicate] = []
    value, depth = exact.decode(tree.root, duplicates)
    return Decoded(value, tuple(duplicates), rest, depth)


def _json_duplicates(text: bytes) -> tuple[Duplicate, ...]:
    try:
        return decode_exactly(nodes.yaml_of_json(text)).duplicates
    except UnreadableError:
        return (Duplicate((), "(somewhere)"),)
