"""What a simulated view leaves out or cannot know, said instead of guessed."""

from collections.abc import Iterator
from typing import Final

from getmesh.discovery.clusters import LOGICAL_DNS, STRICT_DNS
from getmesh.discovery.flags import UNMODELLED
from getmesh.discovery.istiod import Istiod, View
from getmesh.discovery.naming import NOBODY
from getmesh.discovery.proxies import ROUTER, WAYPOINT
from getmesh.discovery.scope import joinable
from getmesh.discovery.services import created
from getmesh.model.objects import Object, as_map, as_strings, as_text
from getmesh.model.selectors import matches

UNCOUNTED: Final = ("AuthorizationPolicy", "EnvoyFilter", "RequestAuthentication", "Telemetry", "WasmPlugin")
"""Kinds that add to listeners what totals of bytes leave out."""
_WAYPOINT_CLASS: Final = "istio-waypoint"


def not_modelled(istiod: Istiod, view: View) -> list[str]:
    """Give the notes that a reader of a view must know, each one sentence."""
    found = [*_configuration(istiod, view), *_proxy(istiod, view), *_ambiguities(istiod, view)]
    return list(dict.fromkeys(found))


def unmodelled_settings(istiod: Istiod) -> Iterator[str]:
    """Yield what is left out of every view of an istiod because of how it and its networks are set up."""
    for name in istiod.plane.flags.unmodelled:
        yield f"istiod runs with {name}, which is not modelled: {UNMODELLED[name]}"
    if istiod.networks.unknown:
        names = ", ".join(sorted(set(istiod.networks.unknown)))
        yield f"addresses of network gateways are known to a running istiod alone: {names}"


def uncounted(istiod: Istiod) -> Iterator[str]:
    """Yield what totals of listeners, routes and bytes leave out of what an istiod sends."""
    yield from unmodelled_settings(istiod)
    classes = {as_text(obj.spec.get("gatewayClassName")) for obj in istiod.home.seen("k8s.Gateway")}
    if classes & {_WAYPOINT_CLASS}:
        yield "listeners and routes of waypoints are not counted"
    if classes - {_WAYPOINT_CLASS}:
        yield "listeners and routes of Gateways of the Gateway API are not counted"
    for kind in UNCOUNTED:
        number = sum(1 for _ in istiod.configs(kind))
        if number:
            yield f"what {number} {kind} object{'s' if number > 1 else ''} add to listeners is not counted"


def _configuration(istiod: Istiod, view: View) -> Iterator[str]:
    mesh = istiod.plane.mesh
    if mesh.discarded:
        yield f"istiod discards the mesh configuration ({mesh.discarded}) and runs with its defaults"
    for fault in istiod.selection.faults[:1]:
        yield f"a discovery selector is invalid ({fault.problem}), so a starting istiod discovers every namespace"
    for obj in istiod.configs("EnvoyFilter"):
        if obj.namespace in (view.proxy.namespace, mesh.root_namespace) and _selects(obj, view):
            yield f"EnvoyFilter {obj.full_name} applies and may add, change or remove clusters"
    yield from unmodelled_settings(istiod)
    if not istiod.selection.sees(mesh.root_namespace):
        yield f"root namespace {mesh.root_namespace!r} is not selected: mesh-wide objects there do not count"
    if not istiod.home.sees(view.proxy.namespace):
        yield f"namespace {view.proxy.namespace!r} is not selected: the proxy's own objects do not count"


def _proxy(istiod: Istiod, view: View) -> Iterator[str]:
    if view.proxy.type == WAYPOINT:
        yield "waypoint clusters (inbound-vip and ambient routing) are not modelled; these are the outbound ones"
    if any(cluster.name == "inbound|0||" for cluster in view.own):
        yield "target ports with names are unknown without a pod, and shown as 0"
    if any(cluster.type in (STRICT_DNS, LOGICAL_DNS) for cluster in view.clusters):
        yield "names of DNS clusters are shown unresolved"
    if istiod.snapshot.each("HTTPRoute") or istiod.snapshot.each("GRPCRoute"):
        yield "Gateway API routes are not turned into configuration: services that only they imply are missing"


def _ambiguities(istiod: Istiod, view: View) -> Iterator[str]:
    if view.proxy.type == ROUTER and istiod.scopes.sidecar_for(view.proxy.namespace, {}) is None:
        other = istiod.scopes.of_sidecar(view.proxy.namespace, {})
        for host, item in view.scope.services.items():
            held = other.services.get(host)
            if held is not None and held.service.namespace != item.service.namespace:
                other_one = held.service.namespace
                yield f"ambiguous: host {host} means namespace {other_one!r} instead if a sidecar connects first"
    for host, item in view.scope.services.items():
        if item.service.kubernetes and NOBODY in item.service.export_to:
            yield f"ambiguous: endpoints of {host} depend on the order of events, since its exportTo holds '~'"
    yield from _twins(istiod, view)
    hosts = istiod.registry.by_host
    undated = [
        host
        for host in view.scope.services
        if len(hosts.get(host, ())) > 1 and not all(created(service.source) for service in hosts[host].values())
    ]
    if undated:
        yield f"host {min(undated)} exists in several namespaces without creation times: names decide instead"


def _twins(istiod: Istiod, view: View) -> Iterator[str]:
    """Name ServiceEntries of one host, namespace and second, of which istiod uses one: whichever it comes upon."""
    for host, item in view.scope.services.items():
        first, *others = istiod.registry.services_of(item.service.key) or [item.service]
        for other in others:
            if first.kubernetes or other.created != first.created:
                break
            if other.ports != first.ports and not joinable(first, other):
                names = f"{first.source.full_name} and {other.source.full_name}"
                yield f"ambiguous: either of {names} may be the one that counts for host {host}: both are equally old"
                break


def _selects(obj: Object, view: View) -> bool:
    return matches(as_strings(as_map(obj.spec.get("workloadSelector")).get("labels")), view.site.labels)
