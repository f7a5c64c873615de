"""KIA1106: two VirtualServices define routes for one host on one gateway."""

from collections.abc import Iterator
from typing import NamedTuple

from getmesh.analysis import Finding, Related, RuleMeta, Severity
from getmesh.model.kiali_hosts import KialiHosts
from getmesh.model.objects import Object, as_list
from getmesh.model.snapshot import Snapshot
from getmesh.model.viewers import NOBODY, Viewers, ViewerSet

META = RuleMeta(
    code="KIA1106",
    name="virtualservice-host-claimed-twice",
    severity=Severity.WARNING,
    title="Two VirtualServices define routes for one host on one gateway",
    means=(
        "Clients that import both find two lists of routes for the host; gateways are compared as they are written, "
        "so an absent list is another than mesh. One VirtualService that names a host twice counts too."
    ),
    why="Sidecars use only the oldest definition, and gateways merge them in an order that nobody chose.",
    fix="Merge the routes into one VirtualService, or delegate from one to the other.",
    message="host {host!r} is also defined by {other}{gateway}",
    reads=("VirtualService",),
    uses=(KialiHosts, Viewers),
    since="0.1",
    twin="IST0109",
)

_ANY = "*"


class _Claim(NamedTuple):
    route: Object
    host: str
    inside: ViewerSet


class _Bucket:
    """The claims on one gateway and namespace, by the service part of their hosts."""

    def __init__(self, gateway: str | None) -> None:
        self.gateway = gateway
        self.claims: dict[str, list[_Claim]] = {}
        self._counts: dict[str, tuple[ViewerSet, ViewerSet]] = {}
        self._all: tuple[ViewerSet, ViewerSet] = (NOBODY, NOBODY)

    def add(self, service: str, claim: _Claim) -> None:
        self.claims.setdefault(service, []).append(claim)
        once, twice = self._counts.get(service, (NOBODY, NOBODY))
        self._counts[service] = once | claim.inside, twice | (once & claim.inside)
        self._all = self._all[0] | claim.inside, self._all[1] | (self._all[0] & claim.inside)

    def rival(self, service: str, claim: _Claim) -> _Claim | None:
        """Give another claim that some viewer of this one imports for the same service, or for any."""
        if service == _ANY:
            shared = claim.inside & self._all[1]
        else:
            shared = claim.inside & (self._counts[service][1] | self._counts.get(_ANY, (NOBODY, NOBODY))[0])
        if not shared:
            return None
        held = self.claims if service == _ANY else {service, _ANY} & self.claims.keys()
        claims = (other for name in sorted(held) for other in self.claims[name])
        return next(other for other in claims if other is not claim and other.inside & claim.inside)


def check(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield one finding for each VirtualService with a host that another claim meets."""
    buckets = _buckets(snapshot.service(Viewers), snapshot.service(KialiHosts))
    found: set[tuple[str, str]] = set()
    for bucket in buckets.values():
        for service, claims in bucket.claims.items():
            for claim in claims:
                rival = bucket.rival(service, claim)
                key = claim.route.namespace, claim.route.name
                if rival is None or key in found:
                    continue
                found.add(key)
                path = ("spec", "hosts")
                related = (Related(rival.route, path, "defines the host too"),)
                gateway = "" if bucket.gateway is None else f" for gateway {bucket.gateway!r}"
                same = rival.route is claim.route
                other = "this VirtualService itself" if same else f"VirtualService {rival.route.full_name}"
                yield META.on(claim.route, path, related=related, host=claim.host, other=other, gateway=gateway)


def _buckets(viewers: Viewers, hosts: KialiHosts) -> dict[tuple[str | None, bool, str], _Bucket]:
    buckets: dict[tuple[str | None, bool, str], _Bucket] = {}
    for route in viewers.objects("VirtualService"):
        names = [host for host in as_list(route.spec.get("hosts")) if isinstance(host, str)]
        inside = viewers.inside(route, names)
        gateways = [item for item in as_list(route.spec.get("gateways")) if isinstance(item, str)]
        for gateway in (gateways or (None,)) if inside else ():
            for name in names:
                host = hosts.resolve(name, route.namespace)
                bucket = buckets.setdefault((gateway, host.full, host.namespace), _Bucket(gateway))
                bucket.add(host.service, _Claim(route, name, inside))
    return buckets
