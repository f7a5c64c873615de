"""When rules about what an installation needs are to be evaluated."""

from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot


def only_before_installing(snapshot: Snapshot) -> str | None:
    """Say why a rule of the installation's check is left out of an ordinary run; None if this is that check."""
    return None if snapshot.settings.precheck else "asked only by the check before an installation or upgrade"


def cluster() -> Object:
    """Give an object that stands for the cluster as a whole, for faults that no object of its own has."""
    return Object({"apiVersion": "v1", "kind": "Cluster", "metadata": {"name": "cluster"}})
