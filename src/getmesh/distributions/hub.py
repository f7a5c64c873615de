"""The default hub: where installs that name none pull images from."""

import re
from pathlib import Path

from getmesh.distributions import layout
from getmesh.distributions.records import render
from getmesh.errors import StorageError, UsageError
from getmesh.ports.disk import write_atomically

_HUB = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
RETIRED = {
    "registry.istio.io/release": "the alias is switched off in December 2026",
    "gcr.io/istio-release": "its images are removed in December 2026",
}


def read_hub(home: Path) -> str:
    """Give the default hub, empty if there is none.

    Raises:
        StorageError: the setting cannot be read.
    """
    try:
        return (layout.read_state(str(home / "default-hub"), "default-hub") or {}).get("hub", "")
    except layout.DamagedError as error:
        raise StorageError(str(error), hint="Set it again: getmesh default-hub --set HUB") from error


def write_hub(home: Path, hub: str) -> None:
    """Set the default hub.

    Raises:
        UsageError: it is no registry path.
    """
    if _HUB.fullmatch(hub) is None:
        raise UsageError(f"{hub!r} is no hub", hint="Write it as registry.example.com/istio, without https:// and tag.")
    write_atomically(home / "default-hub", render("default-hub", {"hub": hub}))


def remove_hub(home: Path) -> None:
    """Forget the default hub."""
    (home / "default-hub").unlink(missing_ok=True)
