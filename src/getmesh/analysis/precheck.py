"""Rules about what an installation needs: evaluated before one, or when somebody asks for them by name."""

from getmesh.model.objects import Object
from getmesh.model.snapshot import Snapshot


def only_before_installing(snapshot: Snapshot) -> str | None:
    """Say why a rule of the installation's check is left out of an ordinary run, and how to ask; None if asked."""
    return None if snapshot.settings.precheck else "judged before an installation or upgrade, or if --select names it"


def cluster() -> Object:
    """Give an object that stands for the cluster as a whole, for faults that no object of its own has."""
    return Object({"apiVersion": "v1", "kind": "Cluster", "metadata": {"name": "cluster"}})
