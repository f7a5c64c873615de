"""Numbers and bytes of the listeners and routes of sidecars.

What leaves a workload depends on the scope of its proxy, but for the listeners of headless services: a pod has none for
itself.
"""

from typing import Final, NamedTuple

from getmesh.discovery.inboundlisteners import InboundPort, chains_of, declared_ports, other_chains, service_ports
from getmesh.discovery.istiod import Istiod, View
from getmesh.discovery.listeners import Ground, Outbound, OutboundListeners
from getmesh.discovery.listenersizes import ListenerSizes
from getmesh.discovery.proxies import declared
from getmesh.discovery.tally import Tally
from getmesh.discovery.virtualhosts import VirtualHosts
from getmesh.model.objects import as_map, as_number

STATUS_PORT: Final = 15021
METRICS_PORT: Final = 15090
OUTBOUND_PORT: Final = 15001
INBOUND_PORT: Final = 15006
_TUNNELS: Final = "ISTIO_META_ENABLE_HBONE"
_PROXY_ROUTES: Final = "http_proxy"
_ANSWERS: Final = "ISTIO_META_DNS_CAPTURE"


class _Sent(NamedTuple):
    """What proxies that share a scope are sent, and how much less each pod of a headless service gets."""

    tally: Tally
    less: dict[str, Tally]


class SidecarListeners:
    """Works out the listeners and routes of the sidecars of one istiod."""

    def __init__(self, istiod: Istiod) -> None:
        self._istiod = istiod
        mesh = istiod.plane.mesh.values
        ports = {"proxyListenPort": OUTBOUND_PORT, "proxyInboundListenPort": INBOUND_PORT}
        self._own = {STATUS_PORT, METRICS_PORT, *(as_number(mesh.get(key)) or port for key, port in ports.items())}
        self._proxy_port = as_number(mesh.get("proxyHttpPort"))
        self._sizes = ListenerSizes(istiod.plane.mesh)
        self._hosts = VirtualHosts(istiod.registry.services, istiod.snapshot.settings.cluster_domain)
        self._answers = as_map(as_map(mesh.get("defaultConfig")).get("proxyMetadata")).get(_ANSWERS) == "true"
        self._sent: dict[tuple[int, bool, bool], _Sent] = {}

    def of(self, view: View) -> Tally:
        """Give what a sidecar is sent of listeners and routes."""
        bound = not self._istiod.redirects(view)
        own = declared(view.proxy, _ANSWERS)
        answers = self._answers if own is None else own == "true"
        key = (id(view.scope), bound, answers)
        found = self._sent.get(key)
        if found is None:
            found = self._sent[key] = self._outbound(view, bound=bound, answers=answers)
        address = view.proxy.addresses[0] if view.proxy.addresses else ""
        tally = found.tally.minus(found.less[address]) if address in found.less else found.tally
        return tally.plus(self._inbound(view, bound=bound)).plus(self._general(view, bound=bound))

    def _outbound(self, view: View, *, bound: bool, answers: bool) -> _Sent:
        chains = self._istiod.plane.flags.headless_chains
        ground = Ground(bound=bound, pod_chains=chains, answers=answers, reserved=frozenset(self._own))
        listeners = OutboundListeners(self._istiod.registry, ground)
        for listener in view.scope.listeners:
            listeners.add(listener)
        less: dict[str, Tally] = {}
        total = Tally()
        routes: dict[str, set[str]] = {}
        if self._proxy_port:
            total = Tally(listeners=1, lds=self._sizes.http_proxy(self._proxy_port))
            routes[_PROXY_ROUTES] = {""}
        namespace, mode = view.proxy.namespace, view.outbound_mode(self._istiod.plane.mesh)
        for place, held in listeners.found.items():
            size = self._sizes.outbound(place, held, namespace, mode)
            total = total.plus(Tally(listeners=1, lds=size))
            for pod in {chain.pod for chain in held.chains} - {""}:
                rest = [chain for chain in held.chains if chain.pod != pod]
                left = Outbound(held.protocol, rest, held.real)
                kept = self._sizes.outbound(place, left, namespace, mode) if rest else 0
                part = Tally(listeners=0 if rest else 1, lds=size - kept)
                less[pod] = less.get(pod, Tally()).plus(part)
            for chain in held.chains:
                if chain.route:
                    routes.setdefault(chain.route, set()).add(chain.pod)
        for name, pods in routes.items():
            part = Tally(routes=1, rds=self._hosts.of(view.scope.listeners, name))
            total = total.plus(part)
            if len(pods) == 1 and "" not in pods:
                pod = next(iter(pods))
                less[pod] = less.get(pod, Tally()).plus(part)
        return _Sent(total, less)

    def _inbound(self, view: View, *, bound: bool) -> Tally:
        ports = self._ports(view, bound=bound)
        namespace = view.proxy.namespace
        modes = self._istiod.peers.modes(namespace, view.site.labels)
        found = Tally()
        shared = []
        for port in ports.values():
            chains = chains_of(port, modes)
            if port.real:
                found = found.plus(Tally(listeners=1, lds=self._sizes.inbound(port, chains, namespace)))
            else:
                shared += [(port, chain) for chain in chains]
        if bound:
            return found
        others = other_chains(modes, ports)
        return found.plus(Tally(listeners=1, lds=self._sizes.virtual_inbound(shared, others, namespace)))

    def _ports(self, view: View, *, bound: bool) -> dict[int, InboundPort]:
        """Give the ports of the workload by number: those of a Sidecar's ingress, else those of services."""
        scope = view.scope
        owned = bool(scope.ingress)
        found: dict[int, InboundPort] = {}
        if not owned and bound:
            return found
        if owned and scope.sidecar is not None:
            owner = f"{scope.sidecar.name}.{scope.sidecar.namespace}"
            for port in declared_ports(map(as_map, scope.ingress), owner, bound=bound):
                found.setdefault(port.number, port)
        if not owned or self._istiod.plane.flags.merge_inbound:
            for number, port in service_ports(view.targets, frozenset(self._own), real=bound).items():
                found.setdefault(number, port)
        return found

    def _general(self, view: View, *, bound: bool) -> Tally:
        """Give the listeners that do not depend on services: for all other traffic and for tunnels."""
        found = Tally()
        if not bound:
            found = found.plus(Tally(listeners=1, lds=self._sizes.virtual_outbound()))
        if self._istiod.plane.flags.sends_hbone:
            found = found.plus(Tally(listeners=1, lds=self._sizes.tunnel()))
        if declared(view.proxy, _TUNNELS) == "true":
            found = found.plus(Tally(listeners=2, lds=2 * self._sizes.tunnel()))
        return found
