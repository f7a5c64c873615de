"""Builds put into a store without a fetch."""

import hashlib
from pathlib import Path

from getmesh.distributions.names import host_platform
from getmesh.distributions.store import FetchedBuild, Store


def put_build(
    home: Path, name: str, content: bytes, *, activate: bool = True, platform: str = host_platform()
) -> FetchedBuild:
    """Make a program a fetched build, active unless told otherwise."""
    store = Store(home)
    staged = store.new_staging(name)
    binary = staged / ("istioctl.exe" if platform.startswith("windows/") else "istioctl")
    binary.write_bytes(content)
    binary.chmod(0o755)
    digest = hashlib.sha256(content).hexdigest()
    facts = ("archive.tar.gz", digest, "published", "test", "2026-01-01T00:00:00Z")
    build = FetchedBuild(name, platform, digest, len(content), *facts)
    store.commit(staged, build, activate=activate)
    return build
