"""IST0126: mesh networks name a cluster that nobody knows."""

from collections.abc import Iterator

from getmesh.analysis import Difference, Finding, RuleMeta, Severity
from getmesh.model.meshnetworks import MeshNetworks
from getmesh.model.objects import Object, as_list, as_map
from getmesh.model.snapshot import Snapshot

META = RuleMeta(
    code="IST0126",
    name="meshnetworks-registry-unknown",
    severity=Severity.ERROR,
    title="Mesh networks name a registry that does not exist",
    means="An endpoint of a network says fromRegistry, and no remote secret has a cluster of that name.",
    why="Endpoints of the cluster that was meant belong to no network, so traffic to them goes around the gateways.",
    fix="Correct the name, or make the remote secret of that cluster (label istio/multiCluster=true).",
    message="registry {registry!r} of network {network!r} is no known cluster",
    reads=("Secret",),
    uses=(MeshNetworks,),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "It ignores the networks of a ConfigMap that has no mesh configuration beside them, or one that "
            "is refused.",
            "The networks are read on their own, as the control plane reads them.",
        ),
    ),
    link="https://istio.io/latest/docs/reference/config/analysis/ist0126/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each endpoint with an unknown registry, on the mesh networks as an object."""
    mesh = snapshot.service(MeshNetworks)
    holder: Object | None = None
    for name, network in mesh.networks.items():
        for index, endpoint in enumerate(as_list(as_map(network).get("endpoints"))):
            registry = as_map(endpoint).get("fromRegistry")
            if registry is None or registry in mesh.registries:
                continue
            holder = holder or _object(mesh)
            path = ("networks", name, "endpoints", index, "fromRegistry")
            yield META.on(holder, path, registry=registry, network=name)


def _object(mesh: MeshNetworks) -> Object:
    raw = {
        "apiVersion": "v1",
        "kind": "MeshNetworks",
        "metadata": {"namespace": "istio-system", "name": "meshnetworks"},
        "networks": mesh.networks,
    }
    return Object(raw, mesh.source.origin if mesh.source else None)
