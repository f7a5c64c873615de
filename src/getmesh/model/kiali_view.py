"""The objects as Kiali sees them: custom resources pruned and defaulted by their CRDs.

Placeholder semantics live here once; the KIA rules' specification is in their room's tests.
"""

from getmesh.model.snapshot import Snapshot


def kiali_view(snapshot: Snapshot) -> Snapshot:
    """Give the snapshot as the API server would have stored it."""
    return snapshot
