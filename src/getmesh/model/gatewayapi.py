"""What the Gateway API's objects allow one another: parents, listeners, grants, classes.

Kiali: ``business/checkers/k8shttproutes``, ``k8sgrpcroutes`` and ``k8sgateways``.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar, Final

from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kinds import GATEWAY_API
from getmesh.model.objects import EMPTY, Field, Object, as_list, as_map, as_text
from getmesh.model.selectors import matches_expressions
from getmesh.model.snapshot import Snapshot

ROUTE_KINDS: Final = ("GRPCRoute", "HTTPRoute")
"""Kinds of routes that are checked; Kiali looks at no others."""

ISTIO_CONTROLLER: Final = "istio.io"
OWN_CLASSES: Final = frozenset({"istio", "istio-remote"})
WAYPOINT_CLASS: Final = "istio-waypoint"


class GatewayApi:
    """Kubernetes Gateways by name, who may attach to them, and whom ReferenceGrants let in."""

    READS: ClassVar[frozenset[str]] = KialiMembership.READS | {"k8s.Gateway", "ReferenceGrant"}

    def __init__(self, snapshot: Snapshot) -> None:
        self._membership = snapshot.service(KialiMembership)
        self._admitted: dict[tuple[str, str, str], bool] = {}
        self._gateways = {(item.namespace, item.name): item for item in self._membership.objects("k8s.Gateway")}
        self._grants = self._membership.objects("ReferenceGrant")

    def gateway(self, namespace: str, name: str) -> Object | None:
        """Give a Gateway of a known namespace."""
        return self._gateways.get((namespace, name))

    def admits(self, gateway: Object, namespace: str) -> bool:
        """Whether some listener of a Gateway lets routes of a namespace attach; those of its own always may."""
        if gateway.namespace == namespace:
            return True
        key = gateway.namespace, gateway.name, namespace
        found = self._admitted.get(key)
        if found is None:
            listeners = as_list(gateway.spec.get("listeners"))
            found = self._admitted[key] = any(self._listener_admits(as_map(item), namespace) for item in listeners)
        return found

    def granted(self, kind: str, namespace: str, target_kind: str, target_namespace: str) -> bool:
        """Whether objects of a kind and namespace may refer to a kind in a namespace; names of targets do not count."""
        return namespace == target_namespace or (target_namespace, target_kind, namespace, kind) in self._allowed

    @cached_property
    def _allowed(self) -> frozenset[tuple[str, str, str, str]]:
        return frozenset(
            (grant.namespace, as_text(as_map(target).get("kind")), as_text(source.get("namespace")), kind)
            for grant in self._grants
            for source in map(as_map, as_list(grant.spec.get("from")))
            if (kind := as_text(source.get("kind")))
            for target in as_list(grant.spec.get("to"))
        )

    def _listener_admits(self, listener: object, namespace: str) -> bool:
        allowed = as_map(as_map(as_map(listener).get("allowedRoutes")).get("namespaces"))
        if allowed.get("from") == "All":
            return True
        selector = allowed.get("selector")
        if allowed.get("from") != "Selector" or not isinstance(selector, dict):
            return False
        return matches_expressions(selector, self._membership.labels.get(namespace, EMPTY))


def references(route: Object, kind: str) -> Iterator[Field]:
    """Yield the parents of a kind, ``Gateway`` or ``Service``, that a route names; the former in their own group."""
    for place in route.select("spec.parentRefs[]"):
        reference = place.mapping
        if (as_text(reference.get("kind")) or "Gateway") != kind or not as_text(reference.get("name")):
            continue
        if kind != "Gateway" or reference.get("group", GATEWAY_API) == GATEWAY_API:
            yield place


def backends(route: Object) -> Iterator[Field]:
    """Yield the Services that the rules of a route send requests to; filters, and so mirrors, are left out."""
    for place in route.select("spec.rules[].backendRefs[]"):
        if place.present and (as_text(place.mapping.get("kind")) or "Service") == "Service":
            yield place


class GatewayClasses:
    """Names of the GatewayClasses that Istio serves.

    istiod creates its own classes when it starts, so manifests alone need not declare them; one that is declared for
    another controller is not Istio's, whatever its name. Classes that Kiali's configuration lists are all there are.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"k8s.GatewayClass", "DaemonSet"})

    def __init__(self, snapshot: Snapshot) -> None:
        served = {
            item.name: as_text(item.spec.get("controllerName")).startswith(ISTIO_CONTROLLER)
            for item in snapshot.each("k8s.GatewayClass")
        }
        declared = frozenset(name for name, ours in served.items() if ours)
        offline = snapshot.settings.mode == "offline"
        ambient = offline or any(map(_is_ztunnel, snapshot.each("DaemonSet")))
        own = OWN_CLASSES | {WAYPOINT_CLASS} if ambient else OWN_CLASSES
        found = declared | (own - served.keys()) if offline else declared or own
        self.names = snapshot.settings.kiali.gateway_classes or found


def _is_ztunnel(daemon_set: Object) -> bool:
    return "ztunnel" in (daemon_set.labels.get("app"), daemon_set.labels.get("app.kubernetes.io/name"))
