"""Mesh configuration: where it comes from and what it says."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from getmesh.model.fields.table import snake
from getmesh.model.objects import EMPTY, Object, as_map, as_text
from getmesh.model.paths import Path
from getmesh.model.snapshot import Snapshot
from getmesh.model.validation.meshconfig import mesh_config_faults

DEFAULT_NAMESPACE: Final = "istio-system"
# Istio merges these from the text itself, where it looks for the camel case name alone.
_ONE_SPELLING: Final = frozenset({"defaultConfig", "defaultProviders"})
_INSTALLATIONS: Final = frozenset({"IstioOperator", "Istio"})


class MeshValues:
    """One decoded mesh configuration, read-only."""

    def __init__(self, values: Mapping[str, Any], source: Object | None) -> None:
        self.values = values
        self.source = source

    def text(self, *keys: str) -> str:
        """Give a string value, ``""`` if absent."""
        return as_text(self.find(*keys))

    def find(self, *keys: str) -> Any:
        """Give the value at nested keys, None if absent; most keys may be written ``likeThis`` or ``like_this``."""
        here: Any = self.values
        for key in keys:
            values = as_map(here)
            here = values.get(key if key in values or key in _ONE_SPELLING else snake(key))
        return here


class MeshConfig:
    """Mesh configuration per revision.

    The one that the user gave beats the ConfigMap ``istio`` (``istio-REVISION``), which beats what an IstioOperator
    would make of it. A ConfigMap holds text; its decoded form is in `Object.embedded`. One that Istio would refuse
    counts as empty, since Istio goes on with its defaults.
    """

    READS: ClassVar[frozenset[str]] = frozenset({"ConfigMap", "IstioOperator"})

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.root = self.revision("")

    def revision(self, name: str) -> MeshValues:
        """Give the configuration of a revision; ``""`` and ``default`` are the same."""
        given = self._snapshot.settings.mesh_config
        if given is not None:
            return MeshValues(as_map(given), None)
        suffix = f"-{name}" if name not in ("", "default") else ""
        config_map = self._snapshot.get("ConfigMap", DEFAULT_NAMESPACE, f"istio{suffix}")
        if config_map is not None:
            return MeshValues(_accepted(config_map.embedded.get("mesh")), config_map)
        operator = installation_of(self._snapshot, name)
        if operator is not None:
            return MeshValues(_accepted(installed_mesh(operator.spec)), operator)
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
            return as_map(as_map(given).get("networks"))
        config_map = self._snapshot.get("ConfigMap", DEFAULT_NAMESPACE, "istio")
        embedded = config_map.embedded if config_map else EMPTY
        return as_map(as_map(embedded.get("meshNetworks")).get("networks"))


def installation_of(snapshot: Snapshot, revision: str) -> Object | None:
    """Give the IstioOperator that installs a revision, else one without revision, None if there is neither.

    Where every one has a revision, the first stands for the mesh's default.
    """
    operators = snapshot.each("IstioOperator")
    wanted = "" if revision == "default" else revision
    for name in (wanted, ""):
        for operator in operators:
            if revision_of(operator) == name:
                return operator
    return next(iter(operators), None) if not wanted else None


def revision_of(operator: Object) -> str:
    """Give the revision that an IstioOperator installs, ``""`` for the one without."""
    values = as_map(operator.spec.get("values"))
    found = as_text(values.get("revision")) or as_text(operator.spec.get("revision"))
    return "" if found == "default" else found


def installed_mesh(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the mesh configuration that an installation makes of its ``spec``.

    ``meshConfig`` is laid over ``values.meshConfig``: maps key by key, everything else as a whole.
    """
    return _laid_over(as_map(as_map(spec.get("values")).get("meshConfig")), as_map(spec.get("meshConfig")))


def setting_path(source: Object, key: str) -> Path:
    """Give where an object that holds mesh configuration has a setting: in a ConfigMap that of the whole text."""
    if source.key == "ConfigMap":
        return ("data", "mesh")
    own = as_map(source.spec.get("meshConfig"))
    return ("spec", "meshConfig", key) if key in own else ("spec", "values", "meshConfig", key)


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> Mapping[str, Any]:
    if not under or not over:
        return over or under
    found = dict(under)
    for key, value in over.items():
        held = found.get(key)
        found[key] = _laid_over(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return found


def _accepted(value: Any) -> Mapping[str, Any]:
    """Give a decoded configuration if Istio would take it, else an empty one."""
    return value if isinstance(value, dict) and not mesh_config_faults(value).errors else EMPTY


def mesh_in(value: Any) -> Mapping[str, Any] | None:
    """Find mesh configuration in a decoded file: as such, in an IstioOperator, in Helm values; None if it is no map.

    Helm values hold it under ``meshConfig``, at the top or, in those of a chart above, under ``global``.
    """
    if not isinstance(value, dict):
        return None
    values = _values_in(value)
    if value.get("kind") in _INSTALLATIONS:
        return installed_mesh(as_map(value.get("spec")))
    for held in (values, as_map(values.get("global"))):
        if isinstance(held.get("meshConfig"), dict):
            return as_map(held["meshConfig"])
    return value


def networks_in(value: Any) -> Mapping[str, Any] | None:
    """Find mesh networks in a decoded file, as `mesh_in` does; Helm values hold the networks alone, by name."""
    if not isinstance(value, dict):
        return None
    values = _values_in(value)
    for held in (values, as_map(values.get("global"))):
        if isinstance(held.get("meshNetworks"), dict):
            return {"networks": held["meshNetworks"]}
    return EMPTY if value.get("kind") in _INSTALLATIONS else value


def _values_in(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the Helm values of an installation object, or the map itself."""
    return as_map(as_map(value.get("spec")).get("values")) if value.get("kind") in _INSTALLATIONS else value
