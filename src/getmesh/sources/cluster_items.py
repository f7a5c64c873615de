"""Answers of the API to objects: only the fields that something reads, and no secrets."""

from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from getmesh.model.kinds import Kind
from getmesh.model.objects import Object, Origin
from getmesh.sources.redaction import redact

CLUSTER: Final = Origin("", 0, 0, 0)
METADATA_ONLY: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class _Meta(Struct, gc=False):
    """Metadata without ``managedFields``, which is often larger than the object and which nothing reads."""

    name: str = ""
    namespace: str | UnsetType = UNSET
    uid: Any = UNSET
    creationTimestamp: Any = UNSET  # noqa: N815 - the API's name
    deletionTimestamp: Any = UNSET  # noqa: N815 - the API's name
    generation: Any = UNSET
    labels: Any = UNSET
    annotations: Any = UNSET
    ownerReferences: Any = UNSET  # noqa: N815 - the API's name


class Item(Struct, gc=False):
    """One object of a list; every top-level field that a kind of ours has."""

    metadata: _Meta
    spec: Any = UNSET
    status: Any = UNSET
    type: Any = UNSET
    data: Any = UNSET
    webhooks: Any = UNSET
    subsets: Any = UNSET
    addressType: Any = UNSET  # noqa: N815 - the API's name
    endpoints: Any = UNSET
    ports: Any = UNSET
    secrets: Any = UNSET
    apiVersion: Any = UNSET  # noqa: N815 - the API's name
    kind: Any = UNSET


class _ListMeta(Struct, gc=False, rename={"more": "continue"}):
    more: str = ""


class Page(Struct, gc=False):
    """One page of a list.

    Attributes:
        metadata: holds the token of the next page, ``""`` behind the last one.
        items: the objects.
    """

    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    items: list[Item] | None = None


_META_FIELDS: Final = _Meta.__struct_fields__
_FIELDS: Final = tuple(name for name in Item.__struct_fields__ if name not in ("metadata", "apiVersion", "kind"))
_PAGE: Final = msgspec.json.Decoder(Page)
_ITEM: Final = msgspec.json.Decoder(Item)


def decode_page(data: bytes) -> Page:
    """Decode a list; raises `msgspec.DecodeError` for anything else."""
    return _PAGE.decode(data)


def decode_item(data: bytes) -> Item:
    """Decode one object; raises `msgspec.DecodeError` for anything else."""
    return _ITEM.decode(data)


def to_object(kind: Kind, version: str, item: Item) -> Object:
    """Make an object; items of built-in kinds do not say what they are, so the list does."""
    meta = {name: value for name in _META_FIELDS if (value := getattr(item.metadata, name)) is not UNSET}
    raw: dict[str, Any] = {
        "apiVersion": f"{kind.group}/{version}" if kind.group else version,
        "kind": kind.kind,
        "metadata": meta,
    }
    for name in _FIELDS:
        value = getattr(item, name)
        if value is not UNSET and value is not None:
            raw[name] = value
    return Object(redact(kind.key, raw), CLUSTER)
