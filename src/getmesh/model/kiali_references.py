"""References of VirtualServices to Gateways, as Kiali resolves them.

Kiali: ``business/checkers/virtualservices/no_gateway_checker.go``. Matches of tcp and tls routes are not read.
"""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from getmesh.model.kiali_hosts import KialiHosts
from getmesh.model.objects import Field, Object
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers


class GatewayReference(NamedTuple):
    """One reference.

    Attributes:
        place: where it stands.
        dotted: whether it is written with dots.
        missing: whether no Gateway answers to it.
        after_fault: whether an earlier list of the VirtualService has a missing one.
    """

    place: Field
    dotted: bool
    missing: bool
    after_fault: bool


class GatewayReferences:
    """Every reference to a Gateway but ``mesh`` in VirtualServices that some viewer sees.

    Attributes:
        all: by VirtualService, the list of the whole first, then those of http matches.
    """

    READS: ClassVar[frozenset[str]] = Viewers.READS | {"Gateway", "VirtualService"}

    def __init__(self, snapshot: Snapshot) -> None:
        viewers = snapshot.service(Viewers)
        self._hosts = snapshot.service(KialiHosts)
        self._known = frozenset(self._hosts.key(item.name, item.namespace) for item in viewers.objects("Gateway"))
        routes = (route for route in viewers.objects("VirtualService") if viewers.seen(route))
        self.all = tuple(reference for route in routes for reference in self._of(route))

    def _of(self, route: Object) -> Iterator[GatewayReference]:
        fault = False
        matches = route.select("spec.http[].match[].gateways")
        for field in (route.field("spec", "gateways"), *matches):
            before = fault
            for place in field.items():
                if place.text == "mesh" or not isinstance(place.value, str):
                    continue
                missing = self._hosts.gateway(place.text, route.namespace) not in self._known
                fault = fault or missing
                yield GatewayReference(place, "." in place.text, missing, before)
