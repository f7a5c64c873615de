"""A cluster in one file: what was read of it, without secrets, to be judged again anywhere.

The file is gzip of JSON lines: a header, then one object a line, sorted, keys sorted, no times in it, so that the same
cluster gives the same bytes.
"""

import gzip
import io
import zlib
from typing import Any, Final

import msgspec

from getmesh import __version__
from getmesh.errors import InputError
from getmesh.model.objects import Object
from getmesh.sources.cluster import ClusterReading
from getmesh.sources.cluster_items import CLUSTER
from getmesh.sources.objects import embed

SCHEMA: Final = "getmesh/snapshot/v1"
_LEVEL: Final = 6
_WHAT: Final = "Make one: getmesh snapshot save FILE."


class Header(msgspec.Struct, kw_only=True, omit_defaults=True):
    """First line of the file."""

    schema: str
    getmesh: str = ""
    kubernetes: tuple[int, int] | None = None
    objects: int = 0
    unread: dict[str, str] = {}
    partial: dict[str, list[str]] = {}
    assumed: dict[str, str] = {}
    hidden: list[tuple[str, str, str]] = []


def encode(reading: ClusterReading) -> bytes:
    """Give the file's bytes; equal readings give equal bytes."""
    header = Header(
        schema=SCHEMA,
        getmesh=__version__,
        kubernetes=reading.kubernetes_version,
        objects=len(reading.objects),
        unread=reading.unread,
        partial={key: sorted(namespaces) for key, namespaces in reading.partial.items()},
        assumed=reading.assumed,
        hidden=sorted(reading.hidden),
    )
    encoder = msgspec.json.Encoder(order="deterministic")
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=buffer, mtime=0) as file:
        file.write(encoder.encode(header) + b"\n")
        for obj in sorted(reading.objects, key=lambda obj: obj.identity):
            file.write(encoder.encode(obj.raw) + b"\n")
    return buffer.getvalue()


def decode(name: str, data: bytes) -> ClusterReading:
    """Read a file's bytes.

    Raises:
        InputError: it is no snapshot, is damaged, or was made by a newer getmesh in a form that this one cannot read.
    """
    try:
        lines = gzip.decompress(data).split(b"\n")
        header = msgspec.json.decode(lines[0], type=Header)
        schema = header.schema
    except (OSError, EOFError, zlib.error, msgspec.DecodeError) as error:
        raise InputError(f"{name} is no snapshot of a cluster: {error}", hint=_WHAT) from error
    if schema != SCHEMA:
        raise InputError(f"{name}: its form {schema!r} is not known here", hint="Use the getmesh that made it.")
    reading = ClusterReading(
        kubernetes_version=header.kubernetes,
        unread=header.unread,
        partial={key: frozenset(namespaces) for key, namespaces in header.partial.items()},
        assumed=header.assumed,
        hidden=frozenset(header.hidden),
    )
    decoder = msgspec.json.Decoder(dict[str, Any])
    try:
        reading.objects = [Object(decoder.decode(line), CLUSTER) for line in lines[1:] if line]
    except msgspec.DecodeError as error:
        raise InputError(f"{name} is damaged: {error}", hint=_WHAT) from error
    if len(reading.objects) != header.objects:
        raise InputError(f"{name} is damaged: {len(reading.objects)} of {header.objects} objects are in it", hint=_WHAT)
    for obj in reading.objects:
        embed(obj, reading)
    return reading
