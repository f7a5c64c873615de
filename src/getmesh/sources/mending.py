"""Applies mechanical mends to the text of documents: comments, order and layout stay as they are.

Each edit touches one key or one scalar. A document is edited only if reading the edited text gives exactly the value
that the mends ask for; otherwise it stays as it is.
"""

import copy
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from getmesh.analysis.finding import Fix
from getmesh.model.objects import Origin
from getmesh.model.paths import Path
from getmesh.sources.places import UnreadableError
from getmesh.sources.yaml_text import decode_document

_BARE: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|true|false")


class Mended(NamedTuple):
    """A file's text after mending.

    Attributes:
        data: the text.
        applied: mends that were made, with the origin of their object.
        refused: mends that could not be made safely.
    """

    data: bytes
    applied: tuple[tuple[Origin, Fix], ...]
    refused: tuple[tuple[Origin, Fix], ...]


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def mend(data: bytes, wanted: Iterable[tuple[Origin, Fix]]) -> Mended:
    """Give the text of a file with the mends applied; origins must be those of this text."""
    by_document: dict[tuple[int, int], list[tuple[Origin, Fix]]] = {}
    for origin, fix in wanted:
        by_document.setdefault((origin.start, origin.end), []).append((origin, fix))
    applied: list[tuple[Origin, Fix]] = []
    refused: list[tuple[Origin, Fix]] = []
    for start, end in sorted(by_document, reverse=True):
        part = data[start:end]
        for origin, fix in by_document[start, end]:
            edited = _one(part, (*origin.prefix, *fix.path), fix)
            (refused if edited is None else applied).append((origin, fix))
            part = part if edited is None else edited
        data = data[:start] + part + data[end:]
    return Mended(data, tuple(applied), tuple(refused))


def _one(part: bytes, path: Path, fix: Fix) -> bytes | None:
    """Give a document's text with one mend applied, None if that cannot be done safely."""
    try:
        text = part.decode("utf-8")
        before = decode_document(part).value
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        edit = _edit(root, path, fix, text)
        if edit is None or not isinstance(before, dict):
            return None
        edited = (text[: edit.start] + edit.text + text[edit.end :]).encode()
        after = decode_document(edited).value
        wanted = _changed(copy.deepcopy(before), path, fix, after)
    except (yaml.YAMLError, UnreadableError, UnicodeError, RecursionError, LookupError):
        return None
    return edited if wanted is not None and after == wanted else None


def _edit(root: Node | None, path: Path, fix: Fix, text: str) -> _Edit | None:
    found = _find(root, path)
    if found is None:
        return None
    key, value = found
    if fix.action == "rename":
        return None if key is None else _Edit(*_span(key), _styled(key, fix.value))
    written = _rewritten(value, fix, text) if isinstance(value, ScalarNode) else None
    return None if written is None else _Edit(*_span(value), written)


def _rewritten(value: ScalarNode, fix: Fix, text: str) -> str | None:
    """Give what is to stand in a scalar's place, None if the mend does not fit it."""
    start, end = _span(value)
    written = text[start:end]
    if fix.action == "replace":
        return _styled(value, fix.value)
    if fix.action == "quote" and not value.style and written and not set(written) & set('"\\\n'):
        return f'"{written}"'
    if fix.action == "unquote" and value.style in ("'", '"') and _BARE.fullmatch(value.value):
        return str(value.value)
    return None


def _span(node: Node) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _styled(node: Node, text: str) -> str:
    quote = node.style if isinstance(node, ScalarNode) and node.style in ("'", '"') else ""
    return f"{quote}{text}{quote}"


def _find(root: Node | None, path: Path) -> tuple[Node | None, Node] | None:
    """Give key and value nodes of a path; None if it is not written there itself but comes by alias or merge."""
    node, key = root, None
    for step in path:
        key = None
        if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = node.value[step]
            inside = node.start_mark.index <= child.start_mark.index < node.end_mark.index
        elif isinstance(node, MappingNode) and isinstance(step, str):
            pairs = [pair for pair in node.value if isinstance(pair[0], ScalarNode) and pair[0].value == step]
            if len(pairs) != 1:
                return None
            key, child = pairs[0]
            inside = key.end_mark.index <= child.start_mark.index and node.start_mark.index <= key.start_mark.index
        else:
            return None
        if not inside:
            return None
        node = child
    return None if node is None else (key, node)


def _changed(value: dict[str, Any], path: Path, fix: Fix, after: Any) -> dict[str, Any] | None:
    """Give the value that a mend asks for; how a re-quoted scalar reads is taken from the text after it."""
    owner: Any = value
    for step in path[:-1]:
        owner = owner[step]
    last: Any = path[-1]
    if fix.action == "rename":
        if fix.value in owner:
            return None
        owner[fix.value] = owner.pop(last)
        return value
    here: Any = after
    for step in path:
        here = here[step]
    kind = {"quote": str, "replace": str}.get(fix.action)
    if (kind is str) != isinstance(here, str) or (fix.action == "replace" and here != fix.value):
        return None
    owner[last] = here
    return value
