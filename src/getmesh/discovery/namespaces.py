"""The namespaces of a mesh as the discovery selectors see them."""

from collections.abc import Mapping
from dataclasses import dataclass

from getmesh.discovery.istiod import Istiod
from getmesh.discovery.proxies import proxies_of
from getmesh.discovery.selection import namespace_labels
from getmesh.model.objects import as_map
from getmesh.model.selectors import matches_expressions

INJECTION = "istio-injection"
REVISION = "istio.io/rev"
DATAPLANE = "istio.io/dataplane-mode"


@dataclass(frozen=True, slots=True)
class NamespaceState:
    """One namespace.

    Attributes:
        declared: whether there is a Namespace object.
        selected: whether istiod looks at it.
        selectors: positions of the discovery selectors that match it.
        services: Kubernetes Services in it.
        proxies: pods with a proxy in it.
        injected: whether its labels ask for sidecars or ambient.
        root: whether it is the root namespace.
    """

    name: str
    declared: bool
    selected: bool
    selectors: tuple[int, ...]
    services: int
    proxies: int
    injected: bool
    root: bool
    labels: Mapping[str, str]


def namespace_states(istiod: Istiod) -> list[NamespaceState]:
    """Give every namespace that is declared or used, by name."""
    snapshot, selection = istiod.snapshot, istiod.selection
    declared = {obj.name: obj for obj in snapshot.each("Namespace")}
    services: dict[str, int] = {}
    for obj in snapshot.each("Service"):
        services[obj.namespace] = services.get(obj.namespace, 0) + 1
    proxies: dict[str, int] = {}
    for proxy in proxies_of(snapshot):
        proxies[proxy.namespace] = proxies.get(proxy.namespace, 0) + 1
    names = {*declared, *services, *proxies, *(obj.namespace for obj in snapshot.objects if obj.namespace)}
    found = []
    for name in sorted(names):
        held = declared.get(name)
        labels = namespace_labels(held) if held else {}
        matching = [
            index
            for index, item in enumerate(istiod.plane.mesh.selectors if held and selection.filtering else ())
            if matches_expressions(as_map(item), labels)
        ]
        found.append(
            NamespaceState(
                name,
                held is not None,
                istiod.home.sees(name),
                tuple(matching),
                services.get(name, 0),
                proxies.get(name, 0),
                takes_part(labels),
                name == istiod.plane.mesh.root_namespace,
                held.labels if held else {},
            )
        )
    return found


def takes_part(labels: Mapping[str, str]) -> bool:
    """Whether a namespace's labels put its pods into the mesh, by sidecar, revision or ambient."""
    if labels.get(INJECTION) in ("enabled", "disabled"):
        return labels[INJECTION] == "enabled"
    return REVISION in labels or labels.get(DATAPLANE) == "ambient"


def takes_sidecars(labels: Mapping[str, str]) -> bool:
    """Whether a namespace's labels ask for sidecars."""
    return takes_part(labels) and (labels.get(INJECTION) == "enabled" or REVISION in labels)
