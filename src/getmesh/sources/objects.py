"""Decoded documents to objects: lists flattened, texts of Istio's ConfigMaps decoded."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from getmesh.model.objects import EMPTY, Note, Object, Origin, as_map
from getmesh.model.paths import Path
from getmesh.sources.documents import Document
from getmesh.sources.locating import Locator
from getmesh.sources.places import Fault, UnreadableError
from getmesh.sources.yaml_text import MAX_OBJECT_DEPTH, decode_document

_ISTIO_CONFIG: Final = re.compile(r"istio(?:-.*)?\Z")
_EMBEDDED: Final = ("mesh", "meshNetworks", "config", "values")
_PROXY_CONFIG: Final = "proxy.istio.io/config"


class Report(Protocol):
    """Where problems go, and who knows places."""

    faults: list[Fault]
    warnings: list[Fault]
    locator: Locator


def build(document: Document, report: Report) -> Iterator[Object]:
    """Yield the objects of a document; what is no object becomes a fault of the report."""
    if document.usable and document.value is not None:
        yield from _objects(document, document.value, (), report)


def _objects(document: Document, value: Any, prefix: Path, report: Report) -> Iterator[Object]:
    value, odd = _spelled(value)
    problem = _problem(value)
    if problem or odd:
        place = report.locator.find(document.file, document.chunk, prefix)
        target = report.faults if problem else report.warnings
        target.append(Fault(document.file, place.line, place.column, problem or odd))
    if problem:
        return
    kind, items = value["kind"], value.get("items")
    if kind.endswith("List") and (kind == "List" or isinstance(items, list)):
        for index, item in enumerate(items if isinstance(items, list) else ()):
            yield from _objects(document, _typed(item, value), (*prefix, "items", index), report)
        return
    chunk = document.chunk
    origin = Origin(document.file, chunk.line, chunk.start, chunk.end, prefix)
    obj = Object(value, origin, _notes(document, prefix) if document.duplicates else ())
    embed(obj, report)
    yield obj


def embed(obj: Object, report: Report) -> None:
    """Decode the YAML that an object holds as text; what cannot be decoded becomes a warning of the report."""
    if obj.key == "ConfigMap" and _ISTIO_CONFIG.match(obj.name):
        obj.embedded = _embedded(obj, report)
    elif _PROXY_CONFIG in obj.annotations:
        obj.embedded = _annotated(obj.annotations[_PROXY_CONFIG])


def _spelled(value: Any) -> tuple[Any, str]:
    """Accept ``Kind`` for ``kind`` as Istio's file reader does, with a warning: the API server does not."""
    if not isinstance(value, dict) or ("kind" in value and "apiVersion" in value):
        return value, ""
    mended = dict(value)
    wrong: list[str] = []
    for wanted in ("kind", "apiVersion"):
        for key in value:
            if wanted not in mended and key.lower() == wanted.lower():
                mended[wanted] = value[key]
                wrong.append(f"{key!r} is read as {wanted!r}, which the API server would not do")
    return (mended, "; ".join(wrong)) if wrong else (value, "")


def _typed(item: Any, parent: Mapping[str, Any]) -> Any:
    """Complete an item of a typed list, which may leave kind and apiVersion to the list."""
    if isinstance(item, dict) and parent["kind"] != "List" and "kind" not in item:
        return {"apiVersion": parent["apiVersion"], "kind": parent["kind"].removesuffix("List"), **item}
    return item


def _problem(value: Any) -> str:
    if not isinstance(value, dict):
        return f"expected a Kubernetes object, found {_name(value)}"
    for key in ("apiVersion", "kind"):
        found = value.get(key)
        if not isinstance(found, str) or not found:
            return f"this is no Kubernetes object: {key!r} " + ("is missing" if found is None else "is not a text")
    return ""


def _name(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "a boolean", type(None): "nothing"}
    return names.get(type(value), "a number")


def _notes(document: Document, prefix: Path) -> tuple[Note, ...]:
    size = len(prefix)
    return tuple(
        Note("duplicate-key", found.path[size:], found.key)
        for found in document.duplicates
        if found.path[:size] == prefix
    )


def _annotated(text: str) -> Mapping[str, Any]:
    """Decode a proxy configuration that stands in an annotation; a rule says so if it cannot be."""
    try:
        found = decode_document(text.encode("utf-8", "replace"))
    except UnreadableError:
        return EMPTY
    return {_PROXY_CONFIG: found.value} if found.depth <= MAX_OBJECT_DEPTH else EMPTY


def _embedded(obj: Object, report: Report) -> Mapping[str, Any]:
    decoded: dict[str, Any] = {}
    for key, text in as_map(obj.raw.get("data")).items():
        if key not in _EMBEDDED or not isinstance(text, str):
            continue
        try:
            found = decode_document(text.encode("utf-8", "replace"))
            if found.depth > MAX_OBJECT_DEPTH:
                raise UnreadableError(f"nested {found.depth} levels deep")  # noqa: TRY301 - reported like the others
        except UnreadableError as error:
            place = report.locator.locate(obj, ("data", key))
            where = f" in its line {error.line}" if error.line else ""
            message = f"'data.{key}' cannot be decoded{where}: {error.message}"
            report.warnings.append(Fault(place.file, place.line, place.column, message))
        else:
            decoded[key] = found.value
    return decoded or EMPTY
