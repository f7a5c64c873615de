"""Plans the smallest selection of namespaces that breaks nothing, and Sidecars for those that stay.

What is needed is read from configuration alone: who is in the mesh, who serves it, and what routes, gateways, exports
and references lead to. Calls that no configuration tells of are not known.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from getmesh.discovery.gateways import provider_services
from getmesh.discovery.istiod import Istiod
from getmesh.discovery.namespaces import takes_part
from getmesh.discovery.proposal import Proposal
from getmesh.discovery.proxies import ROUTER
from getmesh.discovery.references import references, service_namespaces
from getmesh.discovery.services import EXPORT_ANNOTATION
from getmesh.discovery.simulation import Simulation
from getmesh.model.objects import Object

DEFAULT_LABEL: Final = ("istio-discovery", "enabled")
CONFIGURATION: Final = (
    "VirtualService", "DestinationRule", "Gateway", "ServiceEntry", "WorkloadEntry", "k8s.Gateway", "HTTPRoute",
    "GRPCRoute", "TCPRoute", "TLSRoute",
)  # fmt: skip
SIDECAR_VERSION: Final = "networking.istio.io/v1"


@dataclass(frozen=True, slots=True)
class Plan:
    """A selection that keeps what configuration needs.

    Attributes:
        needed: namespace to the reasons why it is needed.
        left_out: namespaces that nothing needs.
        undeclared: needed namespaces without a Namespace object; they must exist to be labelled.
        label: (key, value) that selects.
        to_label: needed namespaces that lack the label.
        to_unlabel: others that have it.
        selectors: the discovery selectors.
        proposal: labels and selectors as a change.
        registry_only: sidecars refuse what is not in the registry.
    """

    needed: Mapping[str, tuple[str, ...]]
    left_out: tuple[str, ...]
    undeclared: tuple[str, ...]
    label: tuple[str, str]
    to_label: tuple[str, ...]
    to_unlabel: tuple[str, ...]
    selectors: list[dict[str, Any]]
    proposal: Proposal
    registry_only: bool


def make_plan(simulation: Simulation, *, keep: Iterable[str] = (), label: tuple[str, str] | None = None) -> Plan:
    """Plan a selection.

    Args:
        simulation: the mesh.
        keep: namespaces to keep whatever configuration says.
        label: (key, value) to select by; by default one that the needed namespaces alone have, else one of our own.
    """
    snapshot = simulation.snapshot
    declared = {obj.name: obj for obj in snapshot.each("Namespace")}
    needed = _needed(simulation, declared, keep)
    used = {obj.namespace for obj in snapshot.objects if obj.namespace}
    pair = label or _common_label(declared, set(needed)) or DEFAULT_LABEL
    key, value = pair
    to_label = tuple(name for name in needed if name not in declared or declared[name].labels.get(key) != value)
    to_unlabel = tuple(
        name for name in sorted(declared) if name not in needed and declared[name].labels.get(key) == value
    )
    undeclared = tuple(name for name in needed if name not in declared)
    selectors: list[dict[str, Any]] = [{"matchLabels": {key: value}}]
    labels = {name: {key: value} for name in to_label} | {name: {key: ""} for name in to_unlabel}
    return Plan(
        needed,
        tuple(sorted((used | set(declared)) - set(needed))),
        undeclared,
        pair,
        to_label,
        to_unlabel,
        selectors,
        Proposal(selectors=selectors, labels=labels, objects=[_namespace(name) for name in undeclared]),
        simulation.planes.all[0].mesh.text("outboundTrafficPolicy", "mode") == "REGISTRY_ONLY",
    )


def _needed(simulation: Simulation, declared: Mapping[str, Object], keep: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}

    def need(namespace: str, reason: str) -> None:
        reasons = found.setdefault(namespace, [])
        if reason not in reasons:
            reasons.append(reason)

    for name in keep:
        need(name, "kept as asked")
    for name, reason in _members(simulation, declared):
        need(name, reason)
    for name, reason in _leads(simulation):
        need(name, reason)
    known = service_namespaces(simulation.snapshot)
    pending, done = sorted(found), set()
    leads = list(references(simulation.snapshot))
    while pending:
        name = pending.pop()
        done.add(name)
        for reference in leads:
            if reference.source.namespace == name and reference.namespace in known:
                need(reference.namespace, f"{reference.source.kind} {reference.source.full_name} leads there")
                if reference.namespace not in done:
                    pending.append(reference.namespace)
    return {name: tuple(found[name]) for name in sorted(found)}


def _members(simulation: Simulation, declared: Mapping[str, Object]) -> Iterator[tuple[str, str]]:
    """Yield the namespaces of the control plane, of gateways, and of workloads in the mesh."""
    for plane in simulation.planes.all:
        yield plane.mesh.root_namespace, "root namespace"
        if plane.deployment is not None:
            yield plane.namespace, "istiod runs there"
    for daemon in simulation.snapshot.each("DaemonSet"):
        if daemon.name == "ztunnel" or daemon.labels.get("app") == "ztunnel":
            yield daemon.namespace, "ztunnel runs there"
    for proxy in simulation.proxies():
        yield proxy.namespace, "a gateway runs there" if proxy.type == ROUTER else "sidecars run there"
    for name, obj in declared.items():
        if takes_part(obj.labels):
            yield name, "its labels put it into the mesh"


def _leads(simulation: Simulation) -> Iterator[tuple[str, str]]:
    """Yield the namespaces whose own objects shape the mesh."""
    snapshot = simulation.snapshot
    for kind in CONFIGURATION:
        for obj in snapshot.each(kind):
            yield obj.namespace, f"it holds {obj.kind} {obj.name}"
    for obj in snapshot.each("Service"):
        if obj.annotations.get(EXPORT_ANNOTATION, "").strip() not in ("", ".", "~"):
            yield obj.namespace, f"it exports Service {obj.name}"
    for plane in simulation.planes.all:
        for host in _providers(simulation.istiod(plane)):
            yield host, "mesh configuration names a provider there"


def _providers(istiod: Istiod) -> Iterator[str]:
    """Yield the namespaces of Services that extension providers need."""
    hosts, pairs = provider_services(istiod.plane.mesh.values)
    for host in sorted(hosts | {host for _, host in pairs}):
        for service in istiod.snapshot.each("Service"):
            if host == f"{service.name}.{service.namespace}.svc.{istiod.snapshot.settings.cluster_domain}":
                yield service.namespace


def _namespace(name: str) -> Object:
    return Object({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def _common_label(declared: Mapping[str, Object], needed: set[str]) -> tuple[str, str] | None:
    """Find a label that the needed namespaces have and no other one does."""
    if not needed or not needed <= set(declared):
        return None
    pairs = set.intersection(*(set(declared[name].labels.items()) for name in needed))
    for pair in sorted(pairs):
        if all(pair not in obj.labels.items() for name, obj in declared.items() if name not in needed):
            return pair
    return None


def sidecar_proposals(simulation: Simulation, namespaces: Iterable[str]) -> list[dict[str, Any]]:
    """Give a Sidecar for each namespace that has sidecars and none of its own.

    It imports the own namespace, the root namespace and the hosts that configuration of the namespace leads to. Calls
    that configuration does not tell of would be cut off: somebody who knows the traffic must complete it.
    """
    snapshot = simulation.snapshot
    root = simulation.planes.all[0].mesh.root_namespace
    held = {obj.namespace for obj in snapshot.each("Sidecar")}
    running = {proxy.namespace for proxy in simulation.proxies() if proxy.type != ROUTER}
    hosts: dict[str, set[str]] = {}
    for reference in references(snapshot):
        if reference.host and reference.namespace != reference.source.namespace:
            hosts.setdefault(reference.source.namespace, set()).add(f"{reference.namespace}/{reference.host}")
    found = []
    for name in sorted(set(namespaces) & running - held - {root}):
        egress = ["./*", f"{root}/*", *sorted(hosts.get(name, ()))]
        meta = {"name": "default", "namespace": name}
        found.append({
            "apiVersion": SIDECAR_VERSION, "kind": "Sidecar", "metadata": meta, "spec": {"egress": [{"hosts": egress}]},
        })  # fmt: skip
    return found
