"""What the session's cluster holds."""

from pathlib import Path
from typing import NamedTuple

from tests.rig.api import Api


class World(NamedTuple):
    """What was loaded: the API, files with just what it took, and the namespaces they speak of."""

    api: Api
    files: Path
    namespaces: frozenset[str]
