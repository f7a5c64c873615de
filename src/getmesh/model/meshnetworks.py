"""Mesh networks, and the registries that their endpoints may name.

Istio: ``analyzers/multicluster``.
"""

from typing import ClassVar, Final

from getmesh.model.meshconfig import MeshConfig
from getmesh.model.objects import Object, as_map
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation.meshconfig import mesh_networks

BUILT_IN: Final = frozenset({"Kubernetes", "Mock", "External"})
REMOTE_LABEL: Final = "istio/multiCluster"


class MeshNetworks:
    """Networks of the mesh; one bad network makes Istio ignore them all.

    Attributes:
        networks: by name, decoded, empty if any of them is not valid.
        source: the ConfigMap that holds them, None if the user gave them.
        registries: names of clusters that exist: the built-in ones and the keys of remote secrets.
    """

    READS: ClassVar[frozenset[str]] = MeshConfig.READS | {"Secret"}

    def __init__(self, snapshot: Snapshot) -> None:
        mesh = snapshot.service(MeshConfig)
        self.networks = mesh_networks({"networks": mesh.networks})
        given = snapshot.settings.mesh_networks is not None
        self.source: Object | None = None if given else snapshot.get("ConfigMap", "istio-system", "istio")
        remote = (secret for secret in snapshot.each("Secret") if secret.labels.get(REMOTE_LABEL) == "true")
        self.registries = BUILT_IN | {key for secret in remote for key in as_map(secret.raw.get("data"))}
