"""Services as Kiali judges them: whether they are in the mesh, and whether their ports declare a protocol.

Kiali: ``business/checkers/services``, ``kubernetes/port_protocol``. Unlike Istio, Kiali knows no ``tcp`` fallback by
port number, and neither names such as ``postgres``.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from getmesh.model.kiali_membership import KialiMembership
from getmesh.model.kiali_pods import KialiPod, KialiPods
from getmesh.model.objects import Object, as_list, as_map, as_strings, as_text
from getmesh.model.selectors import LabelIndex
from getmesh.model.snapshot import Snapshot

PROTOCOLS: Final = (
    "grpc", "grpc-web", "http", "http2", "https", "mongo", "mysql", "redis", "tcp", "tls", "udp",
)  # fmt: skip
WIZARD_LABEL: Final = "kiali_wizard"

_APP_PROTOCOLS: Final = frozenset({*PROTOCOLS, "kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss"})
_PREFIXES: Final = tuple(f"{protocol}-" for protocol in PROTOCOLS)


def names_protocol(name: str) -> bool:
    """Whether a port name is a protocol, or begins with one and a dash; Kubernetes allows lower case only."""
    return name in PROTOCOLS or name.startswith(_PREFIXES)


def is_app_protocol(value: str) -> bool:
    """Whether an appProtocol is one that Kiali knows; case does not count, the empty text is none."""
    return value.lower() in _APP_PROTOCOLS


class KialiServices:
    """Services of managed namespaces whose Pods take part in the mesh."""

    READS: ClassVar[frozenset[str]] = KialiMembership.READS | KialiPods.READS | {"Service"}

    def __init__(self, snapshot: Snapshot) -> None:
        membership = snapshot.service(KialiMembership)
        pods = [pod for pod in snapshot.service(KialiPods).all if membership.managed(pod.object.namespace)]
        self._pods: LabelIndex[KialiPod] = LabelIndex((pod.object.labels, pod) for pod in pods)
        self._verdicts: dict[int, bool] = {}
        self._meshed = tuple(
            service
            for service in snapshot.each("Service")
            if membership.managed(service.namespace) and self._in_mesh(service)
        )

    def ports(self) -> Iterator[tuple[Object, int, Mapping[str, Any]]]:
        """Yield the ports that must declare a protocol: of Services in the mesh, not UDP, not made by a wizard."""
        for service in self._meshed:
            if WIZARD_LABEL in service.labels:
                continue
            for index, item in enumerate(as_list(service.spec.get("ports"))):
                port = as_map(item)
                if as_text(port.get("protocol")).lower() != "udp":
                    yield service, index, port

    def _in_mesh(self, service: Object) -> bool:
        """Whether all Pods that the selector matches have a sidecar, or any is redirected; without Pods it is in.

        Kiali asks the Pods of all managed namespaces, and all of them for a Service without selector.
        """
        pods = self._pods.select(as_strings(service.spec.get("selector")))
        found = self._verdicts.get(id(pods))  # the index keeps its answers, so equal selectors give one list
        if found is None:
            found = all(pod.sidecar for pod in pods) or any(pod.redirected for pod in pods)
            self._verdicts[id(pods)] = found
        return found
