"""Whether mutual TLS is in use, by PeerAuthentications and DestinationRules, as Kiali reckons it.

Kiali: ``util/mtls/status.go``. Settings per port and per subset play no part. Where Kiali forgets that Istio
inherits (mode UNSET, a PERMISSIVE policy for a workload), this service does as Istio does.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, Final

from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_policies import match_labels
from getmesh.model.kiali_visibility import KialiVisibility
from getmesh.model.objects import Object, as_map, as_text
from getmesh.model.selectors import LabelIndex, Labels, matches
from getmesh.model.snapshot import Snapshot

MESH_HOST: Final = "*.local"
MUTUAL: Final = frozenset({"ISTIO_MUTUAL", "MUTUAL"})

_PEER_MODES: Final = ("UNSET", "DISABLE", "PERMISSIVE", "STRICT")
_CLIENT_MODES: Final = ("DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL")


def peer_mode(policy: Object) -> str:
    """Give a PeerAuthentication's mode: ``""`` if it says nothing of mTLS, ``UNSET`` if it names no mode."""
    tls = policy.spec.get("mtls")
    return _mode(tls, _PEER_MODES) if isinstance(tls, dict) else ""


def wide_mode(policy: Object) -> str:
    """Give the mode that a PeerAuthentication sets for its namespace, ``""`` if it has a selector or no mtls.

    An empty selector counts as one, as it does for Kiali.
    """
    return peer_mode(policy) if policy.spec.get("selector") is None else ""


def client_mode(rule: Object) -> str:
    """Give a DestinationRule's TLS mode, ``""`` if it says nothing, ``DISABLE`` if it names no mode."""
    tls = as_map(rule.spec.get("trafficPolicy")).get("tls")
    return _mode(tls, _CLIENT_MODES) if isinstance(tls, dict) else ""


def _mode(tls: Mapping[str, Any], names: tuple[str, ...]) -> str:
    value = tls.get("mode")
    if isinstance(value, int) and not isinstance(value, bool):
        return names[value] if 0 <= value < len(names) else str(value)
    return as_text(value) or names[0]


class KialiMtls:
    """Modes by namespace, and whether a policy's workloads speak mutual TLS."""

    READS: ClassVar[frozenset[str]] = KialiMembership.READS | {"DestinationRule", "PeerAuthentication", "Service"}

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._membership = snapshot.service(KialiMembership)
        self._visibility = snapshot.service(KialiVisibility)
        self._peers: dict[str, list[Object]] = {}
        for policy in self._membership.objects("PeerAuthentication"):
            self._peers.setdefault(policy.namespace, []).append(policy)
        self._namespaces: dict[tuple[str, str], bool] = {}
        self._policies: dict[tuple[str, tuple[tuple[str, str], ...]], bool] = {}
        self._selected: dict[str, LabelIndex[Object]] = {}

    def rules(self, host: str, namespace: str) -> Iterator[Object]:
        """Yield the DestinationRules with exactly that host which a namespace sees, in order."""
        return (rule for _, rule in self._by_host.get(host, ()) if self._visible(rule, namespace))

    def namespace_host(self, namespace: str) -> str:
        """Give the host that stands for all Services of a namespace."""
        return f"*.{namespace}.{self._membership.domain}"

    def auto(self, namespace: str) -> bool:
        """Whether clients there choose mutual TLS by themselves, as is the default."""
        plane = self._membership.control_plane(namespace)
        return plane is None or plane.mesh.auto_mtls

    def policy_on(self, namespace: str, labels: Labels) -> bool:
        """Whether mutual TLS reaches what a policy of a namespace with these selector labels protects.

        A PeerAuthentication for workloads applies if its labels are among the policy's; Pods are not asked.
        """
        key = (namespace, tuple(sorted(labels.items())))
        found = self._policies.get(key)
        if found is None:
            found = self._policies[key] = self._policy_on(namespace, labels)
        return found

    def namespace_on(self, namespace: str, server: str = "") -> bool:
        """Whether mutual TLS is on in a namespace; `server` stands in for its own PeerAuthentication."""
        key = (namespace, server)
        found = self._namespaces.get(key)
        if found is None:
            found = self._namespaces[key] = self._namespace_on(namespace, server)
        return found

    @cached_property
    def _by_host(self) -> dict[str, list[tuple[int, Object]]]:
        """Every DestinationRule by its host, with its place in the order of all."""
        found: dict[str, list[tuple[int, Object]]] = {}
        for place, rule in enumerate(self._membership.objects("DestinationRule")):
            found.setdefault(as_text(rule.spec.get("host")), []).append((place, rule))
        return found

    def _visible(self, rule: Object, namespace: str) -> bool:
        seen = self._visibility.config(rule)
        return seen is None or namespace in seen

    def _policy_on(self, namespace: str, labels: Labels) -> bool:
        for policy in self._peers.get(namespace, ()) if labels else ():
            wanted = match_labels(policy)
            mode = peer_mode(policy)
            if not wanted or not matches(wanted, labels):
                continue
            if mode in ("STRICT", "DISABLE"):
                return mode == "STRICT"
            if mode == "PERMISSIVE":
                client = self._client_of_services(namespace, wanted)
                return self.namespace_on(namespace, "PERMISSIVE") if client is None else client
        return self.namespace_on(namespace)

    def _client_of_services(self, namespace: str, wanted: Labels) -> bool | None:
        """Give what the DestinationRules of the Services behind these labels say, None if nothing."""
        for service in self._services(namespace).select(wanted):
            for rule in self._service_rules(service):
                mode = client_mode(rule)
                if mode in MUTUAL:
                    return True
                if mode == "DISABLE":
                    return False
        return None

    def _services(self, namespace: str) -> LabelIndex[Object]:
        index = self._selected.get(namespace)
        if index is None:
            services = self._snapshot.within("Service", namespace)
            members = ((as_map(item.spec.get("selector")), item) for item in services)
            index = self._selected[namespace] = LabelIndex((labels, item) for labels, item in members if labels)
        return index

    def _service_rules(self, service: Object) -> list[Object]:
        namespace, name = service.namespace, service.name
        full = f"{name}.{namespace}"
        hosts = (name, full, f"{full}.svc", f"{full}.{self._membership.domain}")
        found = [
            (place, rule)
            for host in hosts
            for place, rule in self._by_host.get(host, ())
            if (host != name or rule.namespace == namespace) and self._visible(rule, namespace)
        ]
        return [rule for _, rule in sorted(found, key=lambda pair: pair[0])]

    def _server_mode(self, namespace: str) -> str:
        """Give the first mode that PeerAuthentications set for a whole namespace; UNSET inherits."""
        for policy in self._peers.get(namespace, ()):
            mode = wide_mode(policy)
            if mode not in ("", "UNSET"):
                return mode
        return ""

    def _client_mode(self, host: str, namespace: str) -> str:
        modes = (client_mode(rule) for rule in self.rules(host, namespace))
        return next((mode for mode in modes if mode), "")

    def _namespace_on(self, namespace: str, server: str) -> bool:
        auto = self.auto(namespace)
        peer = server or self._server_mode(namespace)
        client = self._client_mode(self.namespace_host(namespace), namespace)
        mesh_peer = self._server_mode(self._membership.root(namespace))
        mesh_client = self._client_mode(MESH_HOST, namespace)
        state = _level(client, peer, auto=auto)
        if state == "PART":
            client, peer = client or mesh_client, peer or mesh_peer
            state = _settle(client, peer, _level(client, peer, auto=auto), auto=auto)
        elif state == "NONE":
            state = _settle(mesh_client, mesh_peer, _level(mesh_client, mesh_peer, auto=auto), auto=auto)
        return state == "ON" or (state == "NONE" and auto)


def _level(client: str, peer: str, *, auto: bool) -> str:
    by_itself = not client and auto
    if peer in ("STRICT", "PERMISSIVE") and (client in MUTUAL or by_itself):
        return "ON"
    if peer == "DISABLE" and (client == "DISABLE" or by_itself):
        return "OFF"
    return "PART" if client or peer else "NONE"


def _settle(client: str, peer: str, level: str, *, auto: bool) -> str:
    if level != "PART":
        return level
    if (client, peer) in (("", "DISABLE"), ("DISABLE", "")):
        return "OFF"
    if auto and ((client == "" and peer in ("STRICT", "PERMISSIVE")) or (not peer and client in MUTUAL)):
        return "ON"
    return "PART"
