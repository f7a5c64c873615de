"""Field tables: which fields a message has, of what type, since which minor of Istio."""

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

_FOLDER: Final = files("getmesh") / "data" / "fields"
_HUMPS: Final = re.compile(r"(?<!^)(?=[A-Z])")
_ODD_NAMES: Final = {"consecutive5xxErrors": "consecutive_5xx_errors"}


class Field:
    """One field.

    Attributes:
        name: in camel case, as JSON has it.
        kind: scalar type, ``enum``, ``message`` or ``struct`` (any object).
        of: ``list``, ``map`` or ``""``.
        keys: scalar type of a map's keys.
        message: fields of a message, else None.
        enum: names in order of their numbers.
        old: deprecated names of the enum, each with the one to use instead.
        since, until: first and last minor that has it, 0 if always.
        limits: what the CRD demands beyond the type; those of items under ``each``.
        deprecated: what to use instead (``""`` if nothing), None if the field is current.
        rename: whether writing the new name is all that is needed.
    """

    __slots__ = (
        "deprecated", "enum", "keys", "kind", "limits", "message", "name", "of", "old", "rename", "since", "until",
    )  # fmt: skip

    def __init__(self, name: str, raw: dict[str, Any], message: "Message | None") -> None:
        self.name = name
        self.kind: str = raw["type"]
        self.of: str = raw.get("of", "")
        self.keys: str = raw.get("keys", "string")
        self.message = message
        self.enum: tuple[str, ...] = tuple(raw.get("enum", ()))
        self.old: dict[str, str] = raw.get("old", {})
        self.since: int = raw.get("since", 0)
        self.until: int = raw.get("until", 0)
        self.limits: dict[str, Any] = raw.get("limits", {})
        self.deprecated: str | None = raw.get("deprecated")
        self.rename: bool = raw.get("rename", False)


class Message:
    """The fields of one message.

    Attributes:
        fields: by the names that the API server keeps.
        lookup: by both spellings that Istio's own reader takes (``jwksUri``, ``jwks_uri``).
        spelled: the second of these by the first.
        arms: groups of fields of which one may be given, each in order of declaration.
        required: names that must be given, by the CRD.
    """

    __slots__ = ("arms", "fields", "lookup", "required", "spelled")

    def __init__(self) -> None:
        self.fields: dict[str, Field] = {}
        self.lookup: dict[str, Field] = {}
        self.spelled: dict[str, str] = {}
        self.arms: tuple[tuple[str, ...], ...] = ()
        self.required: tuple[str, ...] = ()

    def fill(self, raw: dict[str, Any], built: list["Message"], *, proto: bool) -> None:
        """Take over one message of a file."""
        for name, item in raw["fields"].items():
            field = Field(name, item, built[item["message"]] if "message" in item else None)
            self.fields[name] = field
            if proto and ("_" in name or field.until):
                continue
            self.lookup[name] = field
            if proto:
                self.spelled[name] = item.get("spelled") or snake(name)
                self.lookup[self.spelled[name]] = field
        self.arms = tuple(tuple(group) for group in raw.get("arms", ()))
        self.required = tuple(raw.get("required", ()))


class Table:
    """The fields of one kind.

    Attributes:
        root: the object without its metadata.
        proto: decoded by Istio's protocol-buffer JSON (quoted numbers pass) instead of Go's.
        since: first minor of Istio that serves a version, for versions that came later.
        newest: last minor in which a field of it appeared.
    """

    __slots__ = ("newest", "proto", "root", "since", "spec")

    def __init__(self, raw: dict[str, Any]) -> None:
        messages = [Message() for _ in raw["messages"]]
        self.proto: bool = raw["proto"]
        for message, item in zip(messages, raw["messages"], strict=True):
            message.fill(item, messages, proto=self.proto)
        self.root = messages[0]
        spec = self.root.fields.get("spec")
        self.spec = spec.message if spec else None
        self.since: dict[str, int] = raw.get("since", {})
        self.newest = max((field.since for message in messages for field in message.fields.values()), default=0)


@lru_cache(maxsize=256)
def table(key: str) -> Table | None:
    """Give the fields of a kind by its snapshot key, None for kinds without a table."""
    source = _FOLDER / f"{key}.json"
    if "/" in key or not source.is_file():
        return None
    return Table(json.loads(source.read_bytes()))


def snake(name: str) -> str:
    """Give the protocol-buffer spelling of a JSON name."""
    return _ODD_NAMES.get(name) or _HUMPS.sub("_", name).lower()
