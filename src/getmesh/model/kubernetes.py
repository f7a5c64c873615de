"""Which Kubernetes each Istio supports (the support table of istio.io, by ``tools/gen_kubernetes.py``)."""

import json
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def _oldest() -> dict[int, int]:
    raw = json.loads((files("getmesh") / "data" / "kubernetes.json").read_bytes())
    return {int(istio): kubernetes for istio, kubernetes in raw.items()}


def oldest_supported(minor: int) -> int:
    """Give the oldest minor of Kubernetes 1.x that a minor of Istio 1.x supports; beyond the table, as its nearest."""
    table = _oldest()
    return table[min(max(minor, min(table)), max(table))]
