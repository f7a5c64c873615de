"""The text encodings that Kubernetes' reader knows."""

from typing import Final

from getmesh.sources.places import UnreadableError

_BIG_ENDIAN: Final = b"\xfe\xff"
_LITTLE_ENDIAN: Final = b"\xff\xfe"


def to_utf8(data: bytes) -> bytes:
    """Give the bytes as UTF-8: themselves, unless a byte order mark says UTF-16; raise UnreadableError.

    Kubernetes' reader cuts lines at the byte 0A, which breaks UTF-16 that has the low byte first: the API server would
    never see such a file, so it is refused here as well.
    """
    if data.startswith(_LITTLE_ENDIAN):
        message = "UTF-16 with the low byte first cannot be read by Kubernetes: save the file as UTF-8"
        raise UnreadableError(message, 1, 1)
    if not data.startswith(_BIG_ENDIAN):
        return data
    try:
        return data[2:].decode("utf-16-be").encode()
    except UnicodeDecodeError as error:
        before = data[2 : 2 + error.start].decode("utf-16-be", "replace")
        raise UnreadableError("not UTF-16", before.count("\n") + 1, 1) from None
