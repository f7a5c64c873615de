"""References of VirtualServices to Gateways, as Kiali resolves them.

References are cut at dots, so that nothing refers to a Gateway whose own name has one.
Kiali: ``business/checkers/virtualservices/no_gateway_checker.go``. Matches of tcp and tls routes are not read.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

from getmesh.model.kiali_hosts import KialiHosts
from getmesh.model.objects import Object, as_list, as_map
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import Viewers


class GatewayReference(NamedTuple):
    """One reference.

    Attributes:
        route: the VirtualService.
        path: of the reference.
        text: as written.
        missing: whether no Gateway answers to it.
        after_fault: whether an earlier list of the VirtualService has a missing one.
    """

    route: Object
    path: Path
    text: str
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
        named = (item for item in viewers.objects("Gateway") if "." not in item.name)
        self._known = frozenset(self._hosts.key(item.name, item.namespace) for item in named)
        routes = (route for route in viewers.objects("VirtualService") if viewers.seen(route))
        self.all = tuple(reference for route in routes for reference in self._of(route))

    def _of(self, route: Object) -> Iterator[GatewayReference]:
        fault = False
        for path, gateways in _lists(route):
            before = fault
            for place, text in enumerate(gateways):
                if text != "mesh" and isinstance(text, str):
                    missing = self._hosts.gateway(text, route.namespace) not in self._known
                    fault = fault or missing
                    yield GatewayReference(route, (*path, place), text, missing, before)


def _lists(route: Object) -> Iterator[tuple[Path, list[Any]]]:
    own = as_list(route.spec.get("gateways"))
    if own:
        yield ("spec", "gateways"), own
    for place, item in enumerate(as_list(route.spec.get("http"))):
        for index, match in enumerate(as_list(as_map(item).get("match"))):
            listed = as_list(as_map(match).get("gateways"))
            if listed:
                yield ("spec", "http", place, "match", index, "gateways"), listed
