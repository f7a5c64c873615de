"""Mesh configuration: where it comes from and what it says."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from getmesh.model.fields.table import snake
from getmesh.model.objects import EMPTY, Object, as_map, as_text
from getmesh.model.snapshot import Snapshot

DEFAULT_NAMESPACE: Final = "istio-system"


class MeshValues:
    """One decoded mesh configuration, read-only."""

    def __init__(self, values: Mapping[str, Any], source: Object | None) -> None:
        self.values = values
        self.source = source

    def text(self, *keys: str) -> str:
        """Give a string value, ``""`` if absent."""
        return as_text(self.find(*keys))

    def find(self, *keys: str) -> Any:
        """Give the value at nested keys, None if absent; a key may be written ``likeThis`` or ``like_this``."""
        here: Any = self.values
        for key in keys:
            values = as_map(here)
            here = values[key] if key in values else values.get(snake(key))
        return here


class MeshConfig:
    """Mesh configuration per revision.

    The one that the user gave beats the ConfigMap ``istio`` (``istio-REVISION``), which beats an IstioOperator's
    ``spec.meshConfig``. A ConfigMap holds text; its decoded form is in `Object.embedded`.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"ConfigMap", "IstioOperator"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.root = self.revision("")

    def revision(self, name: str) -> MeshValues:
        """Give the configuration of a revision; ``""`` and ``default`` are the same."""
        given = self._snapshot.settings.mesh_config
        if given is not None:
            return MeshValues(given, None)
        suffix = f"-{name}" if name not in ("", "default") else ""
        config_map = self._snapshot.get("ConfigMap", DEFAULT_NAMESPACE, f"istio{suffix}")
        if config_map is not None:
            return MeshValues(as_map(config_map.embedded.get("mesh")), config_map)
        for operator in self._snapshot.each("IstioOperator"):
            return MeshValues(as_map(operator.spec.get("meshConfig")), operator)
        return MeshValues(EMPTY, None)

    @property
    def root_namespace(self) -> str:
        """Namespace whose policies hold for the whole mesh."""
        return self.root.text("rootNamespace") or DEFAULT_NAMESPACE

    @property
    def networks(self) -> Mapping[str, Any]:
        """Mesh networks by name: the user's, else those of the ConfigMap."""
        given = self._snapshot.settings.mesh_networks
        if given is not None:
            return as_map(given.get("networks"))
        config_map = self._snapshot.get("ConfigMap", DEFAULT_NAMESPACE, "istio")
        embedded = config_map.embedded if config_map else EMPTY
        return as_map(as_map(embedded.get("meshNetworks")).get("networks"))
