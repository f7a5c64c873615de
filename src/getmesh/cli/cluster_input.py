"""Reading the mesh from a cluster or from a saved snapshot."""

from getmesh.cli.input import InputOptions, MeshInput
from getmesh.errors import UsageError


def load_cluster(options: InputOptions) -> MeshInput:
    """Read a live cluster or a snapshot file.

    Raises:
        UsageError: this version reads files only.
    """
    del options
    raise UsageError(
        "this version of getmesh reads files only, not clusters",
        hint="Add --offline and name the files, such as the output of 'kubectl get -A -o yaml'.",
    )
