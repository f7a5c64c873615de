"""Whether layer 7 settings reach a waypoint: which Services they are for, and who of these uses one.

Kiali: ``business/checkers/destinationrules`` and ``business/checkers/virtualservices``, the checks for ambient.
Labels alone count; whether a waypoint runs does not.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, NamedTuple

from getmesh.model.kiali_ambient import enrolled
from getmesh.model.kiali_hosts import KialiHosts
from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.objects import EMPTY, Object, as_list, as_map, as_text
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers


class Reached(NamedTuple):
    """A Service of an ambient namespace that layer 7 settings are for.

    Attributes:
        place: position of the host that names it first.
        host: that host.
        service: the Service.
        enrolled: whether it uses a waypoint.
    """

    place: int
    host: str
    service: Object
    enrolled: bool


class Enrolment(NamedTuple):
    """What is judged of one DestinationRule or VirtualService with layer 7 settings.

    Attributes:
        object: the object.
        reached: the Services of ambient namespaces that it names, each once.
        homeless: it names none, and its own namespace is ambient without using a waypoint.
    """

    object: Object
    reached: tuple[Reached, ...]
    homeless: bool


class KialiEnrolment:
    """Judges the objects with layer 7 settings that some viewer sees."""

    READS: ClassVar[frozenset[str]] = Viewers.READS | {"DestinationRule", "Service", "VirtualService"}

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._membership = snapshot.service(KialiMembership)
        self._hosts = snapshot.service(KialiHosts)
        self._viewers = snapshot.service(Viewers)
        self._services = {(item.namespace, item.name): item for item in snapshot.each("Service")}
        self._ambient = any(self._membership.dataplane_ambient(name) for name in self._membership.visible)
        self._rules = tuple(self._judge("DestinationRule"))
        self._routes = tuple(self._judge("VirtualService"))

    def rules(self) -> tuple[Enrolment, ...]:
        """Give the DestinationRules."""
        return self._rules

    def routes(self) -> tuple[Enrolment, ...]:
        """Give the VirtualServices; their hosts count, not their destinations."""
        return self._routes

    def _judge(self, kind: str) -> Iterator[Enrolment]:
        for obj in self._viewers.objects(kind) if self._ambient else ():
            shapes_requests = rule_shapes_requests(obj) if kind == "DestinationRule" else routes_in_mesh(obj)
            if not shapes_requests or not self._viewers.seen(obj):
                continue
            hosts = [obj.spec.get("host")] if kind == "DestinationRule" else as_list(obj.spec.get("hosts"))
            reached = tuple(self._reached(obj, hosts))
            homeless = not reached and self._membership.dataplane_ambient(obj.namespace)
            labels = self._membership.labels.get(obj.namespace, EMPTY)
            yield Enrolment(obj, reached, homeless and not enrolled(labels, EMPTY))

    def _reached(self, obj: Object, hosts: Iterable[object]) -> Iterator[Reached]:
        known: set[tuple[str, str]] = set()
        for place, raw in enumerate(hosts):
            text = as_text(raw)
            if text in ("", "*"):
                continue
            host = self._hosts.resolve(text, obj.namespace)
            key = host.namespace, host.service
            if not host.full or key in known or not self._membership.dataplane_ambient(host.namespace):
                continue
            service = self._services.get(key)
            if service is not None:
                known.add(key)
                names = self._membership.labels.get(host.namespace, EMPTY)
                yield Reached(place, text, service, enrolled(service.labels, names))


def rule_shapes_requests(rule: Object) -> bool:
    """Whether a DestinationRule, for its host or a subset, has settings that only layer 7 proxies apply.

    Settings per port are not looked at.
    """
    policies = [rule.spec.get("trafficPolicy")]
    policies += [as_map(subset).get("trafficPolicy") for subset in as_list(rule.spec.get("subsets"))]
    return any(_shapes_requests(as_map(policy)) for policy in policies)


def _shapes_requests(policy: object) -> bool:
    fields = as_map(policy)
    balancer = as_map(as_map(fields.get("loadBalancer")).get("consistentHash"))
    return bool(
        as_text(balancer.get("httpHeaderName"))
        or isinstance(balancer.get("httpCookie"), dict)
        or isinstance(as_map(fields.get("connectionPool")).get("http"), dict)
        or isinstance(fields.get("outlierDetection"), dict)
    )


def routes_in_mesh(route: Object) -> bool:
    """Whether a VirtualService routes http or tls traffic of the mesh itself; tcp routes need no waypoint."""
    gateways = as_list(route.spec.get("gateways"))
    routed = any(item is not None for name in ("http", "tls") for item in as_list(route.spec.get(name)))
    return routed and (not gateways or "mesh" in gateways)
