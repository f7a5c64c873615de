"""Thin read-only views over decoded values: one object, and any place inside it.

One policy holds everywhere: a value of the wrong type reads as absent. Field validation has a code for it; other
rules need not repeat that.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from getmesh.model.kinds import BY_KEY, key_of
from getmesh.model.paths import EVERY, Path, path_text, pattern

EMPTY: Final[Mapping[str, Any]] = {}


class Origin(NamedTuple):
    """Where an object was read.

    Attributes:
        file: name as the user gave it, ``-`` for standard input, ``""`` when it comes from a cluster.
        line: first line of its document, from 1.
        start: byte offset of the document in the file.
        end: byte offset behind it.
        prefix: place of the object inside its document, such as ``("items", 3)`` in a List.
    """

    file: str
    line: int
    start: int
    end: int
    prefix: Path = ()


class Note(NamedTuple):
    """Something that reading saw and that the decoded value no longer shows.

    Attributes:
        problem: ``duplicate-key``: the last value of that key won; ``repeated``: an earlier object of the same
            identity was replaced by this one.
        path: place inside the object.
        detail: for people: the key, or the place of the earlier object.
    """

    problem: str
    path: Path
    detail: str


def as_map(value: Any) -> Mapping[str, Any]:
    """Give the value if it is a map, else an empty one."""
    return value if isinstance(value, dict) else EMPTY


def as_list(value: Any) -> list[Any]:
    """Give the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """Give the value if it is a string, else the empty one."""
    return value if isinstance(value, str) else ""


def as_number(value: Any, default: int = 0) -> int:
    """Give the value if it is a whole number (JSON knows no other kind of 80 than 80.0), else the default."""
    if isinstance(value, bool):
        return default
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return default


def as_quoted_number(value: Any) -> int:
    """Give a whole number, also one written as text (``"80"``), as protobuf's JSON reads them; 0 if it is neither."""
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii():
        return int(value)
    return as_number(value)


def as_strings(value: Any) -> Mapping[str, str]:
    """Give the pairs of a map whose values are strings, null being the empty one; an empty map if it is none."""
    if not isinstance(value, dict) or not value:
        return EMPTY
    if all(isinstance(text, str) for text in value.values()):
        return value
    return {key: text or "" for key, text in value.items() if text is None or isinstance(text, str)}


class Object:
    """One Kubernetes object.

    Attributes:
        key: its kind's key in a snapshot (`getmesh.model.kinds`).
        kind: as written.
        api_version: as written.
        namespace: ``""`` for cluster-scoped kinds, ``default`` if a namespaced kind names none.
        name: as written.
        labels, annotations: string values only.
        spec, status: the maps, empty if absent.
        raw: the whole decoded value; never changed by anybody.
        origin: where it was read, None for objects that getmesh assumes.
        notes: what reading saw.
        embedded: for a ConfigMap of Istio, the decoded YAML of its texts by data key (``mesh``, ``meshNetworks``):
            ``sources`` decodes them, since reading YAML is its work.
        earlier: the object of the same identity that this one replaced: it stands where this one cannot be decoded.
    """

    __slots__ = (
        "annotations", "api_version", "earlier", "embedded", "key", "kind", "labels", "name", "namespace", "notes",
        "origin", "raw", "spec", "status",
    )  # fmt: skip

    def __init__(
        self,
        raw: Mapping[str, Any],
        origin: Origin | None = None,
        notes: tuple[Note, ...] = (),
        embedded: Mapping[str, Any] = EMPTY,
    ) -> None:
        meta = as_map(raw.get("metadata"))
        self.raw = raw
        self.api_version = as_text(raw.get("apiVersion"))
        self.kind = as_text(raw.get("kind"))
        self.key = key_of(self.api_version, self.kind)
        known = BY_KEY.get(self.key)
        if known is not None and not known.namespaced:
            self.namespace = ""
        else:
            self.namespace = as_text(meta.get("namespace")) or ("default" if known is not None else "")
        self.name = as_text(meta.get("name"))
        self.labels = as_strings(meta.get("labels"))
        self.annotations = as_strings(meta.get("annotations"))
        self.spec = as_map(raw.get("spec"))
        self.status = as_map(raw.get("status"))
        self.origin = origin
        self.notes = notes
        self.embedded = embedded
        self.earlier: Object | None = None

    @property
    def identity(self) -> tuple[str, str, str]:
        """(key, namespace, name): what makes two manifests the same object."""
        return self.key, self.namespace, self.name

    @property
    def full_name(self) -> str:
        """``namespace/name``, or the name alone for cluster-scoped objects."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def root(self) -> "Field":
        """The object itself as a place."""
        return Field(self, (), self.raw)

    def applied_from(self, namespace: str) -> "Object":
        """Give the object as it is when applied from a namespace: one that names none of its own stands there."""
        known, meta = BY_KEY.get(self.key), self.raw.get("metadata")
        if known is None or not known.namespaced or not isinstance(meta, dict) or as_text(meta.get("namespace")):
            return self
        raw = {**self.raw, "metadata": {**meta, "namespace": namespace}}
        return Object(raw, self.origin, self.notes, self.embedded)

    def field(self, *steps: str | int) -> "Field":
        """Walk to a place by keys and list positions; absent places have the value None."""
        place = self.root
        for step in steps:
            place = place.get(step)
        return place

    def select(self, *patterns: str) -> Iterator["Field"]:
        """Yield each present place that matches a pattern such as ``spec.http[].route[].destination``."""
        for text in patterns:
            yield from _walk(self.root, pattern(text), 0)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.full_name}>"


class Field:
    """One place inside an object: its path and what stands there.

    Attributes:
        object: whose place it is.
        path: from the object's root.
        value: what stands there, None if nothing (or null) does.
    """

    __slots__ = ("object", "path", "value")

    def __init__(self, obj: Object, path: Path, value: Any) -> None:
        self.object = obj
        self.path = path
        self.value = value

    def get(self, step: str | int) -> "Field":
        """Give the place one step further; its value is None if it is absent or this is no map or list."""
        here = self.value
        found: Any = None
        if isinstance(step, int):
            if isinstance(here, list) and 0 <= step < len(here):
                found = here[step]
        elif isinstance(here, dict):
            found = here.get(step)
        return Field(self.object, (*self.path, step), found)

    def at(self, *steps: str | int) -> "Field":
        """Walk several steps."""
        place = self
        for step in steps:
            place = place.get(step)
        return place

    def items(self) -> Iterator["Field"]:
        """Yield the places of a list's items, nulls included; nothing if this is no list."""
        if isinstance(self.value, list):
            for index, item in enumerate(self.value):
                yield Field(self.object, (*self.path, index), item)

    def entries(self) -> Iterator["Field"]:
        """Yield the places of a map's values in order of writing; nothing if this is no map."""
        if isinstance(self.value, dict):
            for key, item in self.value.items():
                yield Field(self.object, (*self.path, key), item)

    @property
    def present(self) -> bool:
        """Whether something other than null stands here."""
        return self.value is not None

    @property
    def text(self) -> str:
        """The value if it is a string, else the empty string."""
        return self.value if isinstance(self.value, str) else ""

    @property
    def number(self) -> int:
        """The value if it is a whole number, else 0."""
        return as_number(self.value)

    @property
    def mapping(self) -> Mapping[str, Any]:
        """The value if it is a map, else an empty one."""
        return as_map(self.value)

    @property
    def sequence(self) -> list[Any]:
        """The value if it is a list, else an empty one."""
        return as_list(self.value)

    @property
    def index(self) -> int:
        """The list position that the path ends with, -1 if it ends with a key."""
        last = self.path[-1] if self.path else -1
        return last if isinstance(last, int) else -1

    def __repr__(self) -> str:
        return f"<{self.object.kind} {self.object.full_name} {path_text(self.path)}>"


def _walk(place: Field, steps: Path, index: int) -> Iterator[Field]:
    while index < len(steps):
        step = steps[index]
        index += 1
        if step == EVERY:
            for item in place.items():
                yield from _walk(item, steps, index)
            return
        place = place.get(step)
    if place.value is not None:
        yield place
