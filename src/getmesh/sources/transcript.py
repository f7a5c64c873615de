"""How documents were read, one line of JSON a file."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from getmesh.sources.documents import Document
from getmesh.sources.places import Fault
from getmesh.sources.reading import documents, open_files


def transcript(paths: Sequence[str], stdin: bytes | None = None) -> Iterator[str]:
    """Yield ``{"file", "docs": [{"line", "json"} or {"line", "error"}]}`` for each file, ASCII only.

    Numbers, texts and depth are as decoded. A file that could not be read has one document with an error on line 0.
    """
    reading = open_files(paths, stdin)
    held = {file: list(group) for file, group in groupby(documents(reading, 1), key=lambda document: document.file)}
    lost: dict[str, list[Fault]] = {}
    for fault in reading.faults:
        lost.setdefault(fault.file, []).append(fault)
    for file in dict.fromkeys([*reading.files, *lost]):
        rows = [_error(fault) for fault in lost.get(file, ())] + [_row(document) for document in held.get(file, ())]
        yield '{"file": ' + json.dumps(file) + ', "docs": [' + ", ".join(rows) + "]}"


def _row(document: Document) -> str:
    if document.value is None and document.faults:
        return _error(document.faults[0])
    return f'{{"line": {document.chunk.line}, "json": {_json(document.value)}}}'


def _error(fault: Fault) -> str:
    return f'{{"line": {fault.line}, "error": {json.dumps(fault.message)}}}'


def _json(value: Any) -> str:
    try:
        return json.dumps(value)
    except RecursionError:
        return "".join(_deep_json(value))


def _deep_json(root: Any) -> Iterator[str]:
    """Write a value that nests deeper than the encoder's recursion goes."""
    pending: list[Any] = [(root,)]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
            continue
        value = item[0]
        parts: list[Any] = []
        if isinstance(value, dict):
            for key, member in value.items():
                parts += [f"{', ' if parts else ''}{json.dumps(key)}: ", (member,)]
            pending += ["}", *reversed(parts), "{"]
        elif isinstance(value, list):
            for member in value:
                parts += [", ", (member,)] if parts else [(member,)]
            pending += ["]", *reversed(parts), "["]
        else:
            yield json.dumps(value)
