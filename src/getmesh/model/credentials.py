"""The Secrets that servers of Istio Gateways name, and the namespace in which each is looked up."""

from typing import ClassVar, NamedTuple

from getmesh.model.gateways import selector, servers, split_reference
from getmesh.model.objects import Object, as_map, as_text
from getmesh.model.paths import Path
from getmesh.model.pods import Pods
from getmesh.model.snapshot import Snapshot


class Credential(NamedTuple):
    """One ``credentialName``.

    Attributes:
        gateway: who names it.
        path: of the name.
        text: as written.
        secret: (namespace, name) of the Secret that the gateway's pods would read.
    """

    gateway: Object
    path: Path
    text: str
    secret: tuple[str, str]


class Credentials:
    """Every ``credentialName`` of a Gateway that has a pod; Gateways without one are left out.

    A name without a slash means a Secret beside the pods. Where pods run in several namespaces, of which istioctl
    takes a random one, the Gateway's own counts, else the smallest.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"Gateway", "Pod"})

    def __init__(self, snapshot: Snapshot) -> None:
        pods = snapshot.service(Pods)
        self._all = tuple(found for gateway in snapshot.each("Gateway") for found in _named(gateway, pods))

    def each(self) -> tuple[Credential, ...]:
        """Give them in order of gateway and server."""
        return self._all


def _named(gateway: Object, pods: Pods) -> list[Credential]:
    names = [as_text(as_map(server.get("tls")).get("credentialName")) for server in servers(gateway)]
    if not any(names):
        return []
    namespaces = {pod.namespace for pod in pods.select(selector(gateway))}
    if not namespaces:
        return []
    namespace = gateway.namespace if gateway.namespace in namespaces else min(namespaces)
    return [
        Credential(gateway, ("spec", "servers", index, "tls", "credentialName"), name, split_reference(namespace, name))
        for index, name in enumerate(names)
        if name
    ]
