"""Decode a small YAML text at once, such as a mesh configuration file."""

from typing import Any

from getmesh.errors import InputError
from getmesh.sources.exact import decode as decode_tree
from getmesh.sources.nodes import parse
from getmesh.sources.places import Duplicate, UnreadableError
from getmesh.sources.splitting import split


def decode(text: bytes | str) -> list[Any]:
    """Give the value of each document that is not empty, in order; raise InputError for the first unreadable one."""
    data = text.encode() if isinstance(text, str) else text
    values: list[Any] = []
    for chunk in split(data):
        try:
            value, _ = decode_document(data[chunk.start : chunk.end])
        except UnreadableError as error:
            line = chunk.line + max(error.line - 1, 0)
            raise InputError(f"line {line}: {error.message}", hint="see that line for what YAML expects") from None
        if value is not None:
            values.append(value)
    return values


def decode_document(text: bytes) -> tuple[Any, list[Duplicate]]:
    """Give the value of one document and its duplicate keys; an empty one is None; raise UnreadableError."""
    root = parse(text)
    duplicates: list[Duplicate] = []
    return (None if root is None else decode_tree(root, duplicates)), duplicates
