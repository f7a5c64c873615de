"""Whether workloads take mutual TLS, plain text or both, as PeerAuthentications say.

Istio: ``ComposePeerAuthentication`` of ``pilot/pkg/security/authn``.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from getmesh.discovery.services import created
from getmesh.model.objects import Object, as_map, as_quoted_number, as_strings, as_text
from getmesh.model.selectors import matches

STRICT: Final = "STRICT"
PERMISSIVE: Final = "PERMISSIVE"
DISABLE: Final = "DISABLE"
_UNSET: Final = frozenset({"", "UNSET"})


class PortModes(NamedTuple):
    """What a workload takes: ``STRICT``, ``PERMISSIVE`` or ``DISABLE``, and which ports differ."""

    mode: str
    ports: Mapping[int, str]

    def of(self, port: int) -> str:
        """Give what a port takes."""
        return self.ports.get(port, self.mode)


class PeerPolicies:
    """The PeerAuthentications of a mesh, the oldest of each namespace's general ones first."""

    def __init__(self, objects: Iterable[Object], root: str) -> None:
        self._root = root
        self._general: dict[str, str] = {}
        self._particular: dict[str, list[Object]] = {}
        for obj in sorted(objects, key=_age):
            if _selector(obj):
                self._particular.setdefault(obj.namespace, []).append(obj)
            else:
                self._general.setdefault(obj.namespace, _mode(obj.spec.get("mtls")))

    def disables(self, namespace: str, labels: Mapping[str, str], port: int) -> bool:
        """Whether a workload's port takes plain text only."""
        return self.modes(namespace, labels).of(port) == DISABLE

    def modes(self, namespace: str, labels: Mapping[str, str]) -> PortModes:
        """Give what a workload's ports take."""
        mode = PERMISSIVE
        for held in (self._general.get(self._root, ""), self._general.get(namespace, "")):
            mode = mode if held in _UNSET else held
        fitting = (obj for obj in self._particular.get(namespace, ()) if matches(_selector(obj), labels))
        own = None if namespace == self._root else next(fitting, None)
        if own is None:
            return PortModes(mode, {})
        held = _mode(own.spec.get("mtls"))
        mode = mode if held in _UNSET else held
        ports: dict[int, str] = {}
        for number, value in as_map(own.spec.get("portLevelMtls")).items():
            held = _mode(value)
            ports[as_quoted_number(number)] = mode if held in _UNSET else held
        return PortModes(mode, ports)


def _mode(value: Any) -> str:
    return as_text(as_map(value).get("mode"))


def _selector(obj: Object) -> Mapping[str, str]:
    return as_strings(as_map(obj.spec.get("selector")).get("matchLabels"))


def _age(obj: Object) -> tuple[str, str, str]:
    return created(obj), obj.name, obj.namespace
