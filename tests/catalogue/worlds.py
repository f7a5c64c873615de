"""Builds the world of a case the way the command line builds it from files."""

import time
from collections.abc import Mapping
from typing import Any

from getmesh.analysis.cases import Case
from getmesh.model.snapshot import Settings, Snapshot
from getmesh.sources.reading import Reading, read


def world(case: Case) -> tuple[Snapshot, Reading]:
    """Read a case's configuration and give its snapshot."""
    reading = read(["-"], stdin=case.config.encode(), jobs=1)
    assert reading.faults == [], f"{case.name}: {reading.faults}"
    peers = {name: Snapshot(read(["-"], stdin=text.encode(), jobs=1).objects) for name, text in case.peers.items()}
    return Snapshot(reading.objects, settings({**case.settings, "peers": peers}, case.mesh)), reading


def settings(given: Mapping[str, Any], mesh: Mapping[str, Any] | None) -> Settings:
    """Turn a case's settings, written as users write them, into the snapshot's."""
    values = dict(given)
    for name in ("istio_version", "kubernetes_version"):
        if name in values:
            major, minor = str(values[name]).split(".")[:2]
            values[name] = (int(major), int(minor))
    values.setdefault("now", time.time())
    return Settings(mesh_config=mesh, **values)
