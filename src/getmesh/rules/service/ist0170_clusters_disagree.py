"""IST0170: a Service that several clusters share is not the same in all of them."""

from collections.abc import Iterator, Mapping
from typing import Final

from getmesh.analysis import Difference, Finding, Related, RuleMeta, Severity
from getmesh.analysis.families import view_for
from getmesh.analysis.wording import listing
from getmesh.discovery.locals import ClusterLocal
from getmesh.model.meshconfig import MeshConfig
from getmesh.model.objects import Object
from getmesh.model.serviceshape import ServiceShape, shape_of
from getmesh.model.snapshot import Snapshot

_FIELDS: Final = ("headless", "type", "ports")
_PLACES: Final = {"headless": "clusterIP"}
_PORTS: Final = 3


def needs_second_cluster(snapshot: Snapshot) -> str | None:
    """Say why Services cannot be compared: there is one cluster, or could be read of one alone."""
    several = bool(snapshot.settings.peers)
    return None if several else "compares the Services of two or more clusters; a snapshot holds the objects of one"


META = RuleMeta(
    code="IST0170",
    name="service-clusters-disagree",
    severity=Severity.WARNING,
    title="A Service differs between the clusters of the mesh",
    means="Services of one namespace and name, which the mesh takes for one, differ between clusters in type, in ports "
    "or in being headless.",
    why="Which cluster's definition a proxy follows is not defined, so requests may go to a port that is not there.",
    fix="Apply the same Service to every cluster of the mesh, or keep it to its cluster with serviceSettings.",
    message="Service {service!r} is not the same in clusters {clusters}: {reasons}",
    reads=("Service",),
    uses=(MeshConfig,),
    since="0.1",
    differs=(
        Difference(
            "istioctl",
            "It compares node ports, which each cluster hands out for itself.",
            "Node ports are left out, since they hardly ever agree and no other cluster's proxy uses them.",
        ),
        Difference(
            "istioctl",
            "It compares Services that the mesh keeps to their own cluster, such as kubernetes in default.",
            "Cluster-local Services are left out, since their endpoints are never mixed.",
        ),
        Difference(
            "istioctl",
            "It leaves to chance with which cluster the others are compared and which one is shown.",
            "The first cluster that was named and has the Service counts.",
        ),
    ),
    tags=("clusters",),
    gap=needs_second_cluster,
    link="https://istio.io/latest/docs/reference/config/analysis/ist0170/",
)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each Service that is not the same in all clusters that have it."""
    local = ClusterLocal(snapshot.service(MeshConfig).root.values, snapshot.settings.cluster_domain)
    shared: dict[tuple[str, str], dict[str, Object]] = {}
    for name, view in _clusters(snapshot).items():
        for service in view.each("Service"):
            shared.setdefault((service.namespace, service.name), {})[name] = service
    for (namespace, name), services in sorted(shared.items()):
        if not local.holds(f"{name}.{namespace}.svc.{snapshot.settings.cluster_domain}"):
            yield from _disagreement(services)


def _clusters(snapshot: Snapshot) -> dict[str, Snapshot]:
    peers = {name: view_for(peer, META.family) for name, peer in snapshot.settings.peers.items()}
    return {snapshot.settings.cluster: snapshot, **peers}


def _disagreement(services: dict[str, Object]) -> Iterator[Finding]:
    """Yield a finding on the first cluster's Service if another one has a different shape."""
    shapes = {name: shape_of(service) for name, service in services.items()}
    first, *others = shapes
    apart = {
        field: [name for name in others if getattr(shapes[name], field) != getattr(shapes[first], field)]
        for field in _FIELDS
    }
    fields = [field for field, names in apart.items() if names]
    if not fields:
        return
    wrong = {first, *(name for field in fields for name in (others if field == "headless" else apart[field]))}
    listed = [name for name in shapes if name in wrong]
    path = ("spec", _PLACES.get(fields[0], fields[0]))
    yield META.on(
        services[first],
        path,
        related=tuple(Related(services[name], path, f"in cluster {name}: {shapes[name]}") for name in listed),
        service=services[first].name,
        clusters=", ".join(listed),
        reasons="; ".join(_difference(field, {name: shapes[name] for name in listed}) for field in fields),
    )


def _difference(field: str, shapes: Mapping[str, ServiceShape]) -> str:
    """Say how shapes differ in a field, cluster by cluster."""
    if field == "headless":
        return f"it is headless in {listing(name for name, shape in shapes.items() if shape.headless)} only"
    if field == "type":
        return f"types differ ({listing(f'{name}: {shape.type}' for name, shape in shapes.items())})"
    common = set.intersection(*(set(shape.ports) for shape in shapes.values()))
    own = {
        name: listing((str(port) for port in shape.ports if port not in common), _PORTS) or "no other"
        for name, shape in shapes.items()
    }
    return f"ports differ ({'; '.join(f'{name}: {ports}' for name, ports in own.items())})"
