"""Where things live below ``GETMESH_HOME`` and how the state is read; writing is the store's.

::

    active                              which build runs, see ``records``
    builds/<name>.<os>-<arch>           one record per fetched build
    blobs/<sha256>/istioctl             the binary, named by its content
    downloads/, staging/, locks/        work in progress
    catalog/, cache/                    can be deleted at any time
    default-hub                         see ``hub``

Read with nothing but ``os`` imported, since the pass-through runs through here on every call.
"""
# ruff: noqa: PTH100, PTH111, PTH116, PTH118, PTH123, PTH208 - pathlib costs every call milliseconds

import os

from getmesh.distributions.names import host_platform
from getmesh.distributions.records import NewerFormatError, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

BINARY = "istioctl"
_HEX_DIGEST = 64


class DamagedError(Exception):
    """State on disk that must not be used; the message says which file and why."""


def home_folder(environ: "Mapping[str, str]") -> str:
    """Give the absolute folder of our state: ``GETMESH_HOME``, else ``~/.getmesh``."""
    given = environ.get("GETMESH_HOME")
    return os.path.abspath(os.path.expanduser(given)) if given else os.path.expanduser("~/.getmesh")


def blob_path(home: str, digest: str, platform: str) -> str:
    """Give where the binary with this SHA-256 lives.

    Raises:
        DamagedError: the digest is none.
    """
    if len(digest) != _HEX_DIGEST or not all(mark in "0123456789abcdef" for mark in digest):
        raise DamagedError(f"{digest!r} is no SHA-256")
    return os.path.join(home, "blobs", digest, BINARY + (".exe" if platform.startswith("windows/") else ""))


def read_state(path: str, kind: str) -> dict[str, str] | None:
    """Give the fields of a state file, None if there is no such file.

    Raises:
        DamagedError: the file cannot be read, or is none of ours, or of a later getmesh.
    """
    try:
        with open(path, "rb") as file:
            return parse(kind, file.read(65536))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except NewerFormatError as error:
        raise DamagedError(f"{path}: {error}; update getmesh or use another GETMESH_HOME") from None
    except (OSError, ValueError) as error:
        raise DamagedError(f"{path}: {error}") from None


def read_active(home: str) -> dict[str, str] | None:
    """Give the fields of the active pointer, None on a fresh home."""
    return read_state(os.path.join(home, "active"), "active")


def read_build(home: str, name: str, platform: str) -> dict[str, str] | None:
    """Give the fields of the record of a fetched build, None if it is not fetched."""
    from getmesh.distributions.names import record_file  # noqa: PLC0415 - not needed for the active build

    return read_state(os.path.join(home, "builds", record_file(name, platform)), "build")


def fetched_names(home: str, platform: str) -> list[str]:
    """Give the names of the builds fetched for a platform, in no order."""
    ending = "." + platform.replace("/", "-")
    try:
        files = os.listdir(os.path.join(home, "builds"))
    except OSError:
        return []
    return [file[: -len(ending)] for file in files if file.endswith(ending)]


def usable_binary(home: str, fields: dict[str, str]) -> str:
    """Give the path of the binary that a record or the active pointer names.

    Its size is compared, so that a binary cut short by a failing disk is never run.

    Raises:
        DamagedError: the binary is missing, has another size, or is for another platform.
    """
    platform = fields.get("platform", "")
    name = fields.get("name", "?")
    if platform != host_platform():
        raise DamagedError(f"build {name} is for {platform or 'no platform'}, this machine is {host_platform()}")
    path = blob_path(home, fields.get("sha256", ""), platform)
    try:
        size = os.stat(path).st_size
    except OSError:
        raise DamagedError(f"the binary of {name} is gone: {path}") from None
    if str(size) != fields.get("size"):
        raise DamagedError(f"the binary of {name} has {size} bytes instead of {fields.get('size')}: {path}")
    return path
