"""What may stand in the way of distributions: home, builds, catalog, settings. Each finding comes with its cure."""

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from getmesh.distributions import layout
from getmesh.distributions.editions import Edition
from getmesh.distributions.hub import RETIRED, read_hub
from getmesh.distributions.resolution import VARIABLE, find_version_file
from getmesh.distributions.store import UNVERIFIED, Store
from getmesh.errors import GetmeshError

_OLD_DAYS = 60
_ROOM = 1 << 30


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes:
        state: ``ok``, ``warn`` (works, but look at it) or ``fail`` (something does not work).
        about: short name of what was looked at.
        text: what was found.
        cure: what to do, empty when there is nothing to do.
    """

    state: Literal["ok", "warn", "fail"]
    about: str
    text: str
    cure: str = ""


def home_findings(home: Path) -> list[Finding]:
    """Give what there is to say about the folder of our state."""
    if not home.exists():
        parent = next(part for part in home.parents if part.exists())
        if os.access(parent, os.W_OK):
            return [Finding("ok", "home", f"{home} will be made by the first fetch")]
        return [Finding("fail", "home", f"{home} cannot be made in {parent}", "Set GETMESH_HOME to a folder of yours.")]
    found = []
    if os.access(home, os.W_OK):
        found.append(Finding("ok", "home", str(home)))
    else:
        cure = "Set GETMESH_HOME, or give yourself the right to write."
        found.append(Finding("warn", "home", f"{home} can only be read", cure))
    free = shutil.disk_usage(home).free
    if free < _ROOM:
        found.append(Finding("warn", "disk", f"{free // 1_000_000} MB are free at {home}", "getmesh prune"))
    if (home / "istio").is_dir() and (home / "config.json").is_file():
        text = "builds of the earlier getmesh, written in Go, lie in istio/; they were never verified and are not used"
        found.append(Finding("warn", "home", text, f"Fetch what you need anew, then remove {home / 'istio'}."))
    return found


def build_findings(home: Path) -> list[Finding]:
    """Give what there is to say about fetched builds and the active one."""
    store = Store(home)
    builds = store.builds()
    found = [
        Finding("fail", "build", build.fault, f"getmesh prune {build.name}; getmesh fetch {build.name}")
        for build in builds
        if build.fault
    ]
    found += [
        Finding("warn", "build", f"{build.name} was never verified", f"getmesh prune {build.name}, then fetch it anew")
        for build in builds
        if build.verified == UNVERIFIED and not build.fault
    ]
    try:
        fields = layout.read_active(str(home))
        if fields is None:
            found.append(Finding("warn", "active", "no build is active", "getmesh fetch latest"))
        else:
            layout.usable_binary(str(home), fields)
            found.append(Finding("ok", "active", fields["name"]))
    except layout.DamagedError as error:
        found.append(Finding("fail", "active", str(error), "getmesh switch VERSION, or fetch it again"))
    if rest := store.leftovers():
        found.append(Finding("warn", "store", f"{len(rest)} leftovers of broken runs", "getmesh prune"))
    return found


def catalog_findings(edition: Edition, url: str, now: float) -> list[Finding]:
    """Give what there is to say about the catalog's age and publisher."""
    facts = edition.catalog.facts_as_of
    age = (now - time.mktime(time.strptime(facts, "%Y-%m-%d"))) / 86400
    text = f"edition {edition.catalog.serial} ({edition.origin}), facts as of {facts}"
    cure = "getmesh list --refresh" if url else "Update getmesh, or name a publisher in GETMESH_CATALOG_URL."
    found = [Finding("warn" if age > _OLD_DAYS else "ok", "catalog", text, cure if age > _OLD_DAYS else "")]
    found += [Finding("warn", "catalog", warning, cure) for warning in edition.warnings]
    return found


def setting_findings(home: Path, environ: Mapping[str, str], folder: str | None) -> list[Finding]:
    """Give which settings of environment and folders change what a call does."""
    found = []
    if environ.get(VARIABLE):
        found.append(Finding("ok", VARIABLE, environ[VARIABLE]))
    if path := find_version_file(folder):
        found.append(Finding("ok", ".istio-version", path))
    if environ.get("GETMESH_OFFLINE") == "1":
        found.append(Finding("warn", "offline", "GETMESH_OFFLINE is set; nothing is asked of any network", "unset it"))
    try:
        hub = read_hub(home)
    except GetmeshError as error:
        return [*found, Finding("fail", "default hub", error.message, error.hint)]
    if hub in RETIRED:
        found.append(Finding("warn", "default hub", f"{hub}: {RETIRED[hub]}", "getmesh default-hub --set HUB"))
    elif hub:
        found.append(Finding("ok", "default hub", hub))
    return found
