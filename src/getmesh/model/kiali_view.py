"""The objects as Kiali sees them: as the API server stores them.

What the API server would refuse (a label that is no text, a field of a wrong type) is not there; unknown fields and
nulls of custom resources are gone, and the Gateway API's defaults are filled in.
"""

from getmesh.model.fields.decodable import Decodable
from getmesh.model.fields.pruning import stored
from getmesh.model.snapshot import Snapshot


def kiali_view(snapshot: Snapshot) -> Snapshot:
    """Give the snapshot as the API server would have stored it; the same one if that changes nothing."""
    kept = [stored(obj) for obj in snapshot.service(Decodable).objects]
    if len(kept) == len(snapshot.objects) and all(new is old for new, old in zip(kept, snapshot.objects, strict=True)):
        return snapshot
    return Snapshot(kept, snapshot.settings)
